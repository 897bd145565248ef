import { util, type NamedAttrMap, type NamedTensorInfoMap, type TensorInfo } from '@tensorflow/tfjs-core';
import { TankaError } from '../../../errors/tanka-error.js';
import { address, raw } from '../heap.js';
import { runKernel } from '../kernel.js';

/** The activations that the loops apply while they store. */
const inLoop = new Map<string | undefined, number>([
  [undefined, 0],
  ['linear', 0],
  ['relu', 1],
  ['relu6', 2],
]);

/** The kernels that apply the others. */
const kernelNames: Readonly<Record<string, string>> = {
  relu: 'Relu',
  relu6: 'Relu6',
  elu: 'Elu',
  sigmoid: 'Sigmoid',
  leakyrelu: 'LeakyRelu',
  prelu: 'Prelu',
  tanh: 'Tanh',
  softplus: 'Softplus',
};

/** What a fused kernel does after its sum: bias and activation as TensorFlow.js passes them. */
export interface Epilogue {
  readonly bias?: TensorInfo | undefined;
  readonly activation?: string | undefined;
  readonly preluActivationWeights?: TensorInfo | undefined;
  readonly leakyreluAlpha?: number | undefined;
  /** Of the shape of the result, and added to the sum first; only plans use it. */
  readonly residual?: TensorInfo | undefined;
}

/** Puts the residual of an epilogue where the result will be; 1 where there is one for the loop to add to. */
export function startEpilogue(out: TensorInfo, { residual }: Epilogue): 0 | 1 {
  if (residual === undefined) return 0;
  raw().copyRows(1, 4 * util.sizeFromShape(out.shape), address(residual), 0, address(out), 0);
  return 1;
}

const nothing = { bias: undefined, activation: 0 } as const;

function isVector({ shape }: TensorInfo, columns: number): boolean {
  for (let axis = 0; axis < shape.length - 1; axis++) if (shape[axis] !== 1) return false;
  return shape[shape.length - 1] === columns;
}

/** Which part of an epilogue the loop does: a bias of one value a column, `relu` and `relu6`. */
export function epilogueInLoop(
  { bias, activation }: Epilogue,
  columns: number,
): { bias: TensorInfo | undefined; activation: number } {
  if (bias === undefined && activation === undefined) return nothing;
  if (bias !== undefined && !isVector(bias, columns)) return nothing;
  return { bias, activation: inLoop.get(activation) ?? 0 };
}

/** Does the rest of an epilogue with other kernels; `out` is discarded when the result is another tensor. */
export function finishEpilogue(out: TensorInfo, epilogue: Epilogue, columns: number): TensorInfo {
  const { bias, activation = 'linear', preluActivationWeights, leakyreluAlpha } = epilogue;
  if (bias === undefined && activation === 'linear') return out;
  const done = epilogueInLoop(epilogue, columns);
  let result = out;
  if (bias !== undefined && done.bias === undefined)
    result = runKernel('Add', { a: out, b: bias }, {}, [out]);
  if (activation === 'linear' || done.activation !== 0) return result;
  const name = kernelNames[activation];
  if (name === undefined) {
    throw new TankaError(
      'wasm-kernel-unsupported',
      `A fused operation has no activation '${activation}': apply it to the result instead. Known: linear, ${Object.keys(kernelNames).join(', ')}.`,
    );
  }
  const inputs: NamedTensorInfoMap = { x: result };
  const attrs: NamedAttrMap = activation === 'leakyrelu' ? { alpha: leakyreluAlpha ?? 0.2 } : {};
  if (activation === 'prelu' && preluActivationWeights) inputs.alpha = preluActivationWeights;
  return runKernel(name, inputs, attrs, [result]);
}
