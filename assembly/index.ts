// The one entry of both binaries. Every export takes pointers into the heap of TensorFlow.js's WASM backend:
// no static data, no allocation, no growth of the memory (see docs/wasm.md). Typed in src/backend/wasm/exports.ts.
export * from './gemm';
export { packB, packedBytes } from './pack';
export * from './conv';
export { packWinograd, winograd, winogradBytes, winogradScratch } from './winograd';
export * from './pool';
export * from './depthwise';
export * from './dilation';
export * from './optimizer';
export * from './binary';
export * from './norm';
export * from './place';
export * from './reduce';
export * from './unary';
export * from './cells';
export * from './attention';
