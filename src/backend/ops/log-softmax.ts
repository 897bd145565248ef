import { logSoftmax as stockLogSoftmax, type Tensor } from '@tensorflow/tfjs-core';
import { hasFused, runFused } from './fused.js';

/** `log(softmax(x))` along the last axis. One kernel on WASM, and one for the gradient. */
export function logSoftmax(x: Tensor): Tensor {
  if (hasFused('TankaLogSoftmax') && x.dtype === 'float32' && x.rank > 0) {
    return runFused('TankaLogSoftmax', { logits: x });
  }
  return stockLogSoftmax(x);
}
