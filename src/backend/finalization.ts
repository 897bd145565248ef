import { engine, Tensor, type DataType } from '@tensorflow/tfjs-core';

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

function disposeGuarded(this: Tensor): void {
  registry.unregister(this);
  Tensor.prototype.dispose.call(this);
}

/**
 * Frees a tensor's memory after garbage collection, if nobody has disposed of it by then.
 *
 * JavaScript collects tensors that are dropped, but not what they hold in the backend. Collection runs when the event loop turns, and
 * late: explicit disposal stays the exact and fast way.
 */
export function guard(tensor: Tensor): void {
  if (tensor.isDisposed || tensor.kept || Object.hasOwn(tensor, 'dispose')) return;
  const { dataId, dtype, size } = tensor;
  registry.register(tensor, { dataId, dtype, size }, tensor);
  Object.defineProperty(tensor, 'dispose', { value: disposeGuarded, configurable: true, writable: true });
}
