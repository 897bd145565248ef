import { Tensor, Variable } from '@tensorflow/tfjs-core';
import { define } from './define.js';

/** What Node's `console.log` and `util.inspect` ask an object for. */
const INSPECT = Symbol.for('nodejs.util.inspect.custom');

function inspect(this: Tensor): string {
  const kind = this instanceof Variable ? 'Variable' : 'Tensor';
  return `${kind}(${this.dtype}[${this.shape.join(',')}]${this.isDisposed ? ', disposed' : ''})`;
}

// Node shows a tensor by dtype and shape, so that `console.log(params)` can be read: it would show the tensor's bookkeeping. Trees stay plain
// objects; nothing is read from the backend. Not for whoever shows tensors in another way already. In place of this file pages load the
// gradient rules, which they have anyhow (`browser` in package.json): for `false`, Vite would make an empty CommonJS module.
if (!(INSPECT in Tensor.prototype)) define(Tensor.prototype, INSPECT, inspect, true);
