import {
  engine,
  KernelBackend,
  type DataId,
  type DataType,
  type Tensor,
  type TensorInfo,
} from '@tensorflow/tfjs-core';
import { TankaError } from '../../errors/tanka-error.js';

type BackendValues = ReturnType<KernelBackend['readSync']>;

/** A backend whose tensors have no values: its kernels compute shapes. What is written to it can be read. */
export class ShapeBackend extends KernelBackend {
  readonly #data = new Map<DataId, { readonly values: BackendValues | null; references: number }>();

  /** A new tensor without values. */
  abstract(shape: readonly number[], dtype: DataType): TensorInfo {
    return { dataId: this.#add(null), shape: [...shape], dtype };
  }

  /** {@link abstract} for the engine. */
  tensor(shape: readonly number[], dtype: DataType): Tensor {
    return engine().makeTensorFromTensorInfo(this.abstract(shape, dtype), this);
  }

  /** Whether a tensor is one without values. */
  isAbstract(dataId: DataId): boolean {
    return this.#data.get(dataId)?.values === null;
  }

  #add(values: BackendValues | null): DataId {
    const dataId = {};
    this.#data.set(dataId, { values, references: 1 });
    return dataId;
  }

  override write(values: BackendValues): DataId {
    return this.#add(values);
  }

  override incRef(dataId: DataId): void {
    const data = this.#data.get(dataId);
    if (data !== undefined) data.references++;
  }

  decRef(dataId: DataId): void {
    const data = this.#data.get(dataId);
    if (data !== undefined) data.references--;
  }

  override refCount(dataId: DataId): number {
    return this.#data.get(dataId)?.references ?? 0;
  }

  override disposeData(dataId: DataId, force = false): boolean {
    this.decRef(dataId);
    if (!force && this.refCount(dataId) > 0) return false;
    this.#data.delete(dataId);
    return true;
  }

  override readSync(dataId: DataId): BackendValues {
    const values = this.#data.get(dataId)?.values;
    if (values !== undefined && values !== null) return values;
    throw new TankaError(
      'shape-without-value',
      'The values of a tensor were read while only shapes are computed (hk.evalShape, hk.multiTransform, summaries). ' +
        'Decide by shapes, or use hk.cond or hk.switch.',
    );
  }

  override read(dataId: DataId): Promise<BackendValues> {
    return Promise.resolve(this.readSync(dataId));
  }

  override numDataIds(): number {
    return this.#data.size;
  }

  override floatPrecision(): 32 {
    return 32;
  }

  override epsilon(): number {
    return 1e-7;
  }

  override timerAvailable(): boolean {
    return false;
  }

  override dispose(): void {
    this.#data.clear();
  }
}
