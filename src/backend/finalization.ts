import { engine, Tensor, util, type DataType } from '@tensorflow/tfjs-core';
import { define } from './define.js';

/** What the engine needs of a tensor to release it, without the tensor itself. */
interface Remains {
  readonly dataId: object;
  readonly dtype: DataType;
  readonly size: number;
}

const registry = new FinalizationRegistry<Remains>((remains) => {
  // A backend that was removed since has taken its data along; the engine then ignores the call.
  engine().disposeTensor(remains as unknown as Tensor);
});

/** Of what the collector does not see, after so much it is told. */
const PRESSURE = 64e6;

/** What a tensor costs beside its values. */
const OVERHEAD = 4096;

let unseen = 0;

/** What a tensor adds to the pressure, and takes from it when it is disposed of in time: who disposes pays for no collection. */
function cost(tensor: Tensor): number {
  return tensor.size * util.bytesPerElement(tensor.dtype) + OVERHEAD;
}

function disposeGuarded(this: Tensor): void {
  if (registry.unregister(this)) unseen = Math.max(0, unseen - cost(this));
  Tensor.prototype.dispose.call(this);
}

/**
 * Frees a tensor's memory after garbage collection, if nobody has disposed of it by then.
 *
 * JavaScript collects tensors that are dropped, but not what they hold in the backend. Finalizers run late, and only when the event
 * loop turns: a loop that never awaits anything frees nothing this way. Explicit disposal stays the exact and fast way.
 */
export function guard(tensor: Tensor): void {
  if (tensor.isDisposed || tensor.kept || tensor.dtype === 'string' || Object.hasOwn(tensor, 'dispose'))
    return;
  const { dataId, dtype, size } = tensor;
  unseen += cost(tensor);
  if (unseen >= PRESSURE) {
    unseen = 0;
    try {
      // Lets the collector know of memory that is not its own: it starts a cycle when array buffers grow, and tensors are a few bytes to it.
      // The buffer is never touched, so that the system gives it no memory, and dropped at once.
      new ArrayBuffer(1.5 * PRESSURE);
    } catch {
      // No room for it: then the collector is at work already.
    }
  }
  registry.register(tensor, { dataId, dtype, size }, tensor);
  define(tensor, 'dispose', disposeGuarded, true);
}
