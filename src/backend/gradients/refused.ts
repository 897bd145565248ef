import type { GradConfig } from '@tensorflow/tfjs-core';
import { refusedRule } from './rule.js';

const COMPLEX = 'the gradients of TensorFlow.js are float32, this value is complex.';
const SAMPLING = 'the places that it samples from the image have no rule.';
const FUSED = 'it is a fused kernel that was called by its own name.';
const SECOND = 'second derivatives are not defined for it.';

/** Kernels without a rule. A wrong gradient is worse than none. */
export const refusedRules: readonly GradConfig[] = [
  ...['Complex', 'ComplexAbs', 'FFT', 'IFFT', 'Imag', 'Real'].map((name) => refusedRule(name, COMPLEX)),
  ...['CropAndResize', 'RotateWithOffset', 'Transform'].map((name) => refusedRule(name, SAMPLING)),
  ...['FusedConv2D', 'FusedDepthwiseConv2D', '_FusedMatMul'].map((name) => refusedRule(name, FUSED)),
  ...[
    'AvgPool3DGrad',
    'AvgPoolGrad',
    'Dilation2DBackpropFilter',
    'Dilation2DBackpropInput',
    'EluGrad',
    'LRNGrad',
    'MaxPool3DGrad',
    'MaxPoolGrad',
    'ResizeBilinearGrad',
    'ResizeNearestNeighborGrad',
    'TankaGeluGradient',
    'TankaLayerNormGradient',
    'TankaSoftmaxGradient',
  ].map((name) => refusedRule(name, SECOND)),
  ...['Bincount', 'DenseBincount', 'MaxPoolWithArgmax', 'SparseToDense', 'Unique'].map((name) =>
    refusedRule(name, 'no rule is written for it.'),
  ),
];
