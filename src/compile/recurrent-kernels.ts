import type { TensorInfo } from '@tensorflow/tfjs-core';
import { address, makeOutput, raw, withScratch } from '../backend/wasm/heap.js';
import { kernel } from '../backend/wasm/kernel.js';
import { packedCopy } from '../backend/wasm/packed.js';
import { sizeOf } from './graph.js';

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
  const copy = packedCopy(w, `rows ${from} to ${from + k} of ${n}`, kernels.packedBytes(k, n), (pointer) => {
    kernels.packB(k, n, rows, n, 1, pointer);
  });
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
  /** Weights of the inputs; for an LSTM those of the state follow. */
  readonly w: TensorInfo;
  /** The inputs of this step, with `bias`; or … */
  readonly x?: TensorInfo;
  readonly bias?: TensorInfo;
  /** … the finished share of the inputs of all steps. */
  readonly projected?: TensorInfo;
}

interface StepAttributes {
  readonly inputs: number;
  readonly hidden: number;
  readonly rows: number;
  /** Entries of a row of the share of the inputs. */
  readonly width: number;
  /** The first row of this step in `projected`. */
  readonly row?: number;
}

/** Where the share of the inputs of a step lies: where all of them are, or in memory of its own. */
function inputShare({ w, x, bias, projected }: StepInputs, attributes: StepAttributes): number {
  const { inputs, rows, width, row = 0 } = attributes;
  if (projected !== undefined) return address(projected) + 4 * row * width;
  const share = address(makeOutput([rows, width]));
  const from = address(x as TensorInfo);
  addProduct([rows, width, inputs], from, w, 0, share, bias === undefined ? 0 : address(bias), 0);
  return share;
}

function lstmStep(
  inputs: StepInputs & { readonly cell: TensorInfo },
  attributes: StepAttributes & CellAttributes,
): TensorInfo[] {
  const { hidden, rows, width } = attributes;
  const gates = makeOutput([rows, width]);
  raw().copyRows(1, 4 * rows * width, inputShare(inputs, attributes), 0, address(gates), 0);
  addProduct([rows, width, hidden], address(inputs.h), inputs.w, attributes.inputs, address(gates), 0, 1);
  return lstmCell(gates, inputs.cell, attributes);
}

function gruStep(
  inputs: StepInputs & { readonly wGates: TensorInfo; readonly wCandidate: TensorInfo },
  attributes: StepAttributes,
): TensorInfo {
  const { hidden, rows, width } = attributes;
  const kernels = raw();
  const h = address(inputs.h);
  const row = 4 * hidden;
  const out = makeOutput(inputs.h.shape);
  const [gates, update, reset, candidate] = [2, 1, 1, 1].map((parts) =>
    address(makeOutput([rows, parts * hidden])),
  );
  const share = inputShare(inputs, attributes);
  kernels.copyRows(rows, 2 * row, share, 4 * width, gates, 2 * row);
  kernels.copyRows(rows, row, share + 2 * row, 4 * width, candidate, row);
  addProduct([rows, 2 * hidden, hidden], h, inputs.wGates, 0, gates, 0, 1);
  kernels.gruGates(rows, hidden, gates, h, update, reset);
  addProduct([rows, hidden, hidden], reset, inputs.wCandidate, 0, candidate, 0, 1);
  kernels.gruState(rows * hidden, update, candidate, h, address(out));
  return out;
}

/** Recurrent cells, which `passes/fuse-cells.ts` finds. */
export const recurrentKernels = [
  kernel<{ gates: TensorInfo; cell: TensorInfo }, CellAttributes>('TankaLstmCell', ({ inputs, attrs }) =>
    lstmCell(inputs.gates, inputs.cell, attrs),
  ),
  kernel<Parameters<typeof lstmStep>[0], Parameters<typeof lstmStep>[1]>(
    'TankaLstmStep',
    ({ inputs, attrs }) => lstmStep(inputs, attrs),
  ),
  kernel<Parameters<typeof gruStep>[0], StepAttributes>('TankaGruStep', ({ inputs, attrs }) =>
    gruStep(inputs, attrs),
  ),
];
