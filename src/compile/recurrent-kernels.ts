import type { KernelFunc, TensorInfo } from '@tensorflow/tfjs-core';
import { address, makeOutput, raw, withScratch } from '../backend/wasm/heap.js';
import { packedCopy } from '../backend/wasm/packed.js';
import { sizeOf } from './graph.js';

/** Up to so many rows a product reads its weights where they lie. */
const DIRECT_ROWS = 8;

/** `out (+)= a[m, k] · w[from: from + k] + bias`, of weights `[…, n]`. */
function addProduct(
  [m, n, k]: readonly [m: number, n: number, k: number],
  a: number,
  w: TensorInfo,
  from: number,
  out: number,
  bias: number,
  accumulate: number,
): void {
  const kernels = raw();
  const rows = address(w) + 4 * from * n;
  const copy =
    m > DIRECT_ROWS
      ? packedCopy(w, `rows ${from} to ${from + k} of ${n}`, kernels.packedBytes(k, n), (pointer) => {
          kernels.packB(k, n, rows, n, 1, pointer);
        })
      : undefined;
  withScratch(kernels.gemmScratch(m, n, k), (scratch) => {
    if (copy !== undefined) kernels.gemmPacked(m, n, k, a, k, 1, copy, out, n, bias, 0, accumulate, scratch);
    else kernels.gemm(m, n, k, a, k, 1, rows, n, 1, out, n, bias, 0, accumulate, scratch);
  });
}

interface CellAttributes {
  readonly hidden: number;
  readonly forgetBias: number;
}

function lstmCell(gates: TensorInfo, cell: TensorInfo, { hidden, forgetBias }: CellAttributes): TensorInfo[] {
  const outputs = [makeOutput(cell.shape), makeOutput(cell.shape)];
  const rows = sizeOf(cell.shape) / hidden;
  const [nextCell, nextHidden] = outputs.map(address);
  raw().lstmCell(rows, hidden, address(gates), address(cell), forgetBias, nextCell, nextHidden);
  return outputs;
}

interface StepInputs {
  readonly h: TensorInfo;
  readonly w: TensorInfo;
  readonly cell: TensorInfo;
  /** The inputs of this step, with `bias`; or … */
  readonly x?: TensorInfo;
  readonly bias?: TensorInfo;
  /** … the finished share of the inputs of all steps. */
  readonly projected?: TensorInfo;
}

interface StepAttributes extends CellAttributes {
  readonly inputs: number;
  readonly rows: number;
  /** The first row of this step in `projected`. */
  readonly row?: number;
}

function lstmStep({ h, w, cell, x, bias, projected }: StepInputs, attributes: StepAttributes): TensorInfo[] {
  const { inputs, hidden, rows, row = 0 } = attributes;
  const n = 4 * hidden;
  const gates = makeOutput([rows, n]);
  if (projected !== undefined) {
    const bytes = 4 * rows * n;
    raw().copyRows(1, bytes, address(projected) + 4 * row * n, 0, address(gates), 0);
  } else {
    const from = address(x as TensorInfo);
    addProduct([rows, n, inputs], from, w, 0, address(gates), bias === undefined ? 0 : address(bias), 0);
  }
  addProduct([rows, n, hidden], address(h), w, inputs, address(gates), 0, 1);
  return lstmCell(gates, cell, attributes);
}

/** Recurrent cells, which `passes/fuse-lstm.ts` finds. */
export const recurrentKernels: ReadonlyMap<string, KernelFunc> = new Map([
  [
    'TankaLstmCell',
    (({ inputs, attrs }: { inputs: { gates: TensorInfo; cell: TensorInfo }; attrs: CellAttributes }) =>
      lstmCell(inputs.gates, inputs.cell, attrs)) as unknown as KernelFunc,
  ],
  [
    'TankaLstmStep',
    (({ inputs, attrs }: { inputs: StepInputs; attrs: StepAttributes }) =>
      lstmStep(inputs, attrs)) as unknown as KernelFunc,
  ],
]);
