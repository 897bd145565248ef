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

/** `a[m, k] · b[from: from + n, k]ᵀ`, as `passes/narrow-products.ts` finds it. */
function productOfRows(
  { a, b }: { readonly a: TensorInfo; readonly b: TensorInfo },
  { m, n, k, from }: Readonly<Record<'m' | 'n' | 'k' | 'from', number>>,
): TensorInfo {
  const kernels = raw();
  const out = makeOutput([m, n]);
  const rows = address(b) + 4 * from * k;
  const copy = packedCopy(b, `${n} rows from ${from} transposed`, kernels.packedBytes(k, n), (pointer) => {
    kernels.packB(k, n, rows, 1, k, pointer);
  });
  withScratch(kernels.gemmScratch(m, n, k), (scratch) => {
    const [left, to] = [address(a), address(out)];
    if (copy !== undefined) kernels.gemmPacked(m, n, k, left, k, 1, copy, to, n, 0, 0, 0, scratch);
    else kernels.gemm(m, n, k, left, k, 1, rows, 1, k, to, n, 0, 0, 0, scratch);
  });
  return out;
}

/** `out = share + a · w[from: from + k]`, of rows of `stride` bytes in `share`. A single row is a bias. */
function addToShare(
  sizes: readonly [m: number, n: number, k: number],
  a: number,
  w: TensorInfo,
  from: number,
  share: number,
  stride: number,
  out: number,
): void {
  const [m, n] = sizes;
  if (m === 1) {
    addProduct(sizes, a, w, from, out, share, 0);
    return;
  }
  raw().copyRows(m, 4 * n, share, stride, out, 4 * n);
  addProduct(sizes, a, w, from, out, 0, 1);
}

interface CellAttributes {
  readonly hidden: number;
  readonly forgetBias: number;
  /** Whether the activations of the gates and the `tanh` of the new cell are results, too, which a gradient reads. */
  readonly kept?: boolean;
}

function lstmCell(
  gates: TensorInfo,
  cell: TensorInfo,
  { hidden, forgetBias, kept }: CellAttributes,
): TensorInfo[] {
  const outputs = Array.from({ length: kept ? 7 : 2 }, () => makeOutput(cell.shape));
  const rows = sizeOf(cell.shape) / hidden;
  const [nextCell, nextHidden, ...activations] = outputs.map(address);
  const sources = [rows, hidden, address(gates), address(cell), forgetBias] as const;
  const [input, candidate, forget, output, curved] = activations;
  if (kept) raw().lstmCellKept(...sources, nextCell, nextHidden, input, candidate, forget, output, curved);
  else raw().lstmCell(...sources, nextCell, nextHidden);
  return outputs;
}

/** The activations that a cell kept, and the gradients of its results; that of the cell is missing where it has none. */
interface CellGradientInputs {
  readonly input: TensorInfo;
  readonly candidate: TensorInfo;
  readonly forget: TensorInfo;
  readonly output: TensorInfo;
  readonly curved: TensorInfo;
  readonly cell: TensorInfo;
  readonly dNextCell?: TensorInfo;
  readonly dNextHidden: TensorInfo;
}

function lstmCellGradient(
  { input, candidate, forget, output, curved, cell, dNextCell, dNextHidden }: CellGradientInputs,
  { hidden }: { readonly hidden: number },
): TensorInfo[] {
  const rows = sizeOf(cell.shape) / hidden;
  const [dGates, dCell] = [makeOutput([rows, 4 * hidden]), makeOutput(cell.shape)];
  const kept = [input, candidate, forget, output, curved, cell].map(address);
  raw().lstmCellGradient(
    rows,
    hidden,
    ...(kept as [number, number, number, number, number, number]),
    dNextCell === undefined ? 0 : address(dNextCell),
    address(dNextHidden),
    address(dGates),
    address(dCell),
  );
  return [dGates, dCell];
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
  const share = inputShare(inputs, attributes);
  const sizes = [rows, width, hidden] as const;
  addToShare(sizes, address(inputs.h), inputs.w, attributes.inputs, share, 4 * width, address(gates));
  return lstmCell(gates, inputs.cell, attributes);
}

/** The next state; where a gradient reads them, also both gates, the state behind the reset gate, and the `tanh` of the candidate. */
function gruStep(
  inputs: StepInputs & { readonly wGates: TensorInfo; readonly wCandidate: TensorInfo },
  attributes: StepAttributes & { readonly kept?: boolean },
): TensorInfo[] {
  const { hidden, rows, width, kept } = attributes;
  const kernels = raw();
  const h = address(inputs.h);
  const row = 4 * hidden;
  const outputs = Array.from({ length: 5 }, () => makeOutput(inputs.h.shape));
  const [next, update, reset, resetState, candidate] = outputs.map(address);
  const gates = address(makeOutput([rows, 2 * hidden]));
  const share = inputShare(inputs, attributes);
  addToShare([rows, 2 * hidden, hidden], h, inputs.wGates, 0, share, 4 * width, gates);
  kernels.gruGates(rows, hidden, gates, h, update, reset, resetState);
  const sizes = [rows, hidden, hidden] as const;
  addToShare(sizes, resetState, inputs.wCandidate, 0, share + 2 * row, 4 * width, candidate);
  kernels.gruState(rows * hidden, update, candidate, h, next);
  return kept ? outputs : outputs.slice(0, 1);
}

interface GruGradientInputs {
  readonly update: TensorInfo;
  readonly reset: TensorInfo;
  readonly candidate: TensorInfo;
  readonly h: TensorInfo;
  readonly dNext: TensorInfo;
  readonly dResetState: TensorInfo;
  /** What else the state has as gradient. */
  readonly other?: TensorInfo;
}

function gruGatesGradient(
  { update, reset, candidate, h, dNext, dResetState, other }: GruGradientInputs,
  { hidden }: { readonly hidden: number },
): TensorInfo[] {
  const rows = sizeOf(h.shape) / hidden;
  const [dGates, dState] = [makeOutput([rows, 2 * hidden]), makeOutput(h.shape)];
  raw().gruGatesGradient(
    rows,
    hidden,
    address(update),
    address(reset),
    address(candidate),
    address(h),
    address(dNext),
    address(dResetState),
    other === undefined ? 0 : address(other),
    address(dGates),
    address(dState),
  );
  return [dGates, dState];
}

function gruAfterStep(
  inputs: StepInputs & { readonly wState: TensorInfo; readonly biasState?: TensorInfo },
  attributes: StepAttributes,
): TensorInfo {
  const { hidden, rows, width } = attributes;
  const { wState, biasState } = inputs;
  const h = address(inputs.h);
  const out = makeOutput(inputs.h.shape);
  const product = address(makeOutput([rows, width]));
  const share = inputShare(inputs, attributes);
  const bias = biasState === undefined ? 0 : address(biasState);
  addProduct([rows, width, hidden], h, wState, 0, product, bias, 0);
  raw().gruAfter(rows, hidden, share, product, h, address(out));
  return out;
}

/** Recurrent cells, which `passes/fuse-cells.ts` finds. */
export const recurrentKernels = [
  kernel<{ gates: TensorInfo; cell: TensorInfo }, CellAttributes>('TankaLstmCell', ({ inputs, attrs }) =>
    lstmCell(inputs.gates, inputs.cell, attrs),
  ),
  kernel<CellGradientInputs, { hidden: number }>('TankaLstmCellGradient', ({ inputs, attrs }) =>
    lstmCellGradient(inputs, attrs),
  ),
  kernel<Parameters<typeof lstmStep>[0], Parameters<typeof lstmStep>[1]>(
    'TankaLstmStep',
    ({ inputs, attrs }) => lstmStep(inputs, attrs),
  ),
  kernel<Parameters<typeof productOfRows>[0], Parameters<typeof productOfRows>[1]>(
    'TankaProductOfRows',
    ({ inputs, attrs }) => productOfRows(inputs, attrs),
  ),
  kernel<Parameters<typeof gruAfterStep>[0], StepAttributes>('TankaGruAfterStep', ({ inputs, attrs }) =>
    gruAfterStep(inputs, attrs),
  ),
  kernel<GruGradientInputs, { hidden: number }>('TankaGruGatesGradient', ({ inputs, attrs }) =>
    gruGatesGradient(inputs, attrs),
  ),
  kernel<Parameters<typeof gruStep>[0], Parameters<typeof gruStep>[1]>('TankaGruStep', ({ inputs, attrs }) =>
    gruStep(inputs, attrs),
  ),
];
