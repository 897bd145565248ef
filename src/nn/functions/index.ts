export { dotProductAttention, type DotProductAttentionOptions } from './dot-product-attention.js';
export { celu, elu, selu, type EluOptions } from './elu.js';
export { gelu, type GeluOptions } from './gelu.js';
export { glu, type GluOptions } from './glu.js';
export {
  log1mexp,
  logmeanexp,
  logsumexp,
  type LogmeanexpOptions,
  type LogsumexpOptions,
} from './logsumexp.js';
export { oneHot, type OneHotOptions } from './one-hot.js';
export { leakyRelu, relu, relu6, type LeakyReluOptions } from './relu.js';
export { hardSigmoid, logSigmoid, sigmoid, softSign, sparseSigmoid } from './sigmoid.js';
export { hardSilu, hardSwish, mish, silu, swish } from './silu.js';
export { logSoftmax, softmax, type SoftmaxOptions } from './softmax.js';
export { softplus, sparsePlus, squareplus, type SquareplusOptions } from './softplus.js';
export { standardize, type StandardizeOptions } from './standardize.js';
export { hardTanh, identity, tanh } from './tanh.js';
export type { Axis } from './axes.js';
