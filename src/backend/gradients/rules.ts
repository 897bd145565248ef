import type { GradConfig } from '@tensorflow/tfjs-core';
import { binaryRules } from './binary.js';
import { constantRules } from './constant.js';
import { convolutionRules } from './convolution.js';
import { elementwiseRules } from './elementwise.js';
import { fusedRules } from './fused.js';
import { imageRules } from './image.js';
import { normalizationRules } from './normalization.js';
import { poolingRules } from './pooling.js';
import { productRules } from './products.js';
import { reductionRules } from './reduction.js';
import { refusedRules } from './refused.js';
import { selectionRules } from './selection.js';
import { shapeRules } from './shape.js';

/**
 * The gradient rules of the library, one for each kernel that values flow through. TensorFlow.js' core registers none,
 * and those of its other packages are missing or wrong for some fifty kernels (`docs/wasm.md` lists them).
 */
export const gradientRules: readonly GradConfig[] = [
  ...binaryRules,
  ...constantRules,
  ...convolutionRules,
  ...elementwiseRules,
  ...fusedRules,
  ...imageRules,
  ...normalizationRules,
  ...poolingRules,
  ...productRules,
  ...reductionRules,
  ...refusedRules,
  ...selectionRules,
  ...shapeRules,
];
