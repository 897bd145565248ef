/**
 * Importing this file registers TensorFlow.js' own gradient rules, which its package leaves out.
 * `npm run build` bundles it from `@tensorflow/tfjs-core` (Apache-2.0).
 */
export {};
