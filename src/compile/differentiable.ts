import { add, engine, mul, sum, zeros, type NamedTensorMap, type Tensor } from '@tensorflow/tfjs-core';
import { openEngine } from '../backend/engine.js';
import { tapeGradients } from '../backend/tape.js';
import { tensorsOf } from '../tree/owned.js';
import { separated, takeArguments } from './arguments.js';

/** A function of trees of tensors. */
type AnyFunction = (...args: unknown[]) => unknown;

/** What replays a function; a jitted function's plans. */
export interface Replayer {
  call(args: unknown[]): unknown;
  /** Tensors from around the function that the plan of the last call has taken as they were. */
  captured(): readonly Tensor[];
  dispose(): void;
}

/** The part of the engine that runs something as one operation of the tape. */
interface OperationEngine {
  runKernelFunc(operation: {
    readonly inputs: NamedTensorMap;
    readonly attrs: object;
    forwardFunc(backend: unknown, save: (tensors: Tensor[]) => void): Tensor[];
    backwardsFunc(dys: Tensor | Tensor[], saved: Tensor[]): Record<string, () => Tensor>;
  }): Tensor[];
}

/** True while operations are written to a gradient tape. */
function tapeIsOn(): boolean {
  const { state } = openEngine();
  return state.gradientDepth > 0 && state.kernelDepth === 0;
}

function isFloat(tensor: Tensor): boolean {
  return tensor.dtype === 'float32';
}

/** A nesting with other tensors in the places of its own. */
function withTensors(value: unknown, replacements: readonly Tensor[]): unknown {
  let next = 0;
  return separated(
    [value],
    () => replacements[next++],
    (key) => key,
  )[0];
}

/** Whether a tensor is a result of an operation on the tape that runs. */
function isOnTape({ id }: Tensor): boolean {
  const tape = openEngine().state.activeTape ?? [];
  return tape.some(({ outputs }) => outputs.some((output) => output.id === id));
}

/** The gradients, with respect to `xs`, of the float results of `f` times their cotangents; `null` where nothing flows. */
function pulledBack(
  f: () => unknown,
  cotangents: readonly Tensor[],
  xs: readonly Tensor[],
): readonly (Tensor | null)[] {
  const product = (): Tensor =>
    tensorsOf(f())
      .filter(isFloat)
      .map((output, i) => sum(mul(output, cotangents[i])))
      .reduce((total, term) => add(total, term));
  return tapeGradients(product, xs).gradients;
}

/**
 * The function `(args, cotangents) => gradients` of `f`: gradients with respect to all tensors of `args`, zeros where nothing flows,
 * for cotangents of the float results of `f`.
 */
function pullback(f: AnyFunction): AnyFunction {
  return (args, cotangents) => {
    const { tensors } = takeArguments(args as unknown[]);
    const float = tensors.filter(isFloat);
    const gradients = pulledBack(() => f(...(args as unknown[])), cotangents as Tensor[], float);
    return tensors.map((tensor) => gradients[float.indexOf(tensor)] ?? zeros(tensor.shape));
  };
}

/** A replayed function that runs as one operation of a gradient tape, and whose gradient is replayed, and differentiable, too. */
export class Differentiable {
  readonly #plans: Replayer;
  #gradient: Differentiable | undefined;

  /** @param replayer makes what replays a function; `f` is the function to replay */
  constructor(
    private readonly f: AnyFunction,
    private readonly replayer: (f: AnyFunction) => Replayer,
  ) {
    this.#plans = replayer(f);
  }

  call(args: unknown[]): unknown {
    return tapeIsOn() ? this.#callOnTape(args) : this.#plans.call(args);
  }

  dispose(): void {
    this.#plans.dispose();
    this.#gradient?.dispose();
  }

  get #backward(): Differentiable {
    return (this.#gradient ??= new Differentiable(pullback(this.f), this.replayer));
  }

  #callOnTape(args: unknown[]): unknown {
    const { tensors } = takeArguments(args);
    const inputs: NamedTensorMap = Object.fromEntries(tensors.map((tensor, i) => [String(i), tensor]));
    let captured: readonly Tensor[] = [];
    let result: unknown;
    const outputs = (engine() as unknown as OperationEngine).runKernelFunc({
      inputs,
      attrs: {},
      forwardFunc: (_, save) => {
        result = this.#plans.call(args);
        captured = this.#plans.captured();
        // The engine reads its inputs when the operation has run.
        captured.forEach((tensor, i) => (inputs[`captured ${i}`] = tensor));
        // What was made on the way to the loss is gone when the gradient is asked for; these stay, and gradients flow through them.
        save([...tensors]);
        return tensorsOf(result);
      },
      backwardsFunc: (dys, saved) => {
        const cotangents = (Array.isArray(dys) ? dys : [dys]).filter((_, i) => isFloat(outputs[i]));
        return this.#gradients(withTensors(args, saved) as unknown[], cotangents, captured);
      },
    });
    if (captured.some(isOnTape)) {
      // It is gone when its gradient is asked for: the function itself goes onto the tape.
      for (const output of outputs) output.dispose();
      return this.f(...args);
    }
    return withTensors(result, outputs);
  }

  /** Of the tensors of the arguments by their numbers, and of those that a plan has captured, which the engine rarely asks for. */
  #gradients(
    args: unknown[],
    cotangents: readonly Tensor[],
    captured: readonly Tensor[],
  ): Record<string, () => Tensor> {
    const { tensors } = takeArguments(args);
    const gradients =
      cotangents.length === 0
        ? tensors.map(({ shape }) => zeros(shape))
        : (this.#backward.call([args, cotangents]) as Tensor[]);
    const ofCaptured = (tensor: Tensor): Tensor => {
      const [gradient] =
        cotangents.length === 0 ? [null] : pulledBack(() => this.f(...args), cotangents, [tensor]);
      return gradient ?? zeros(tensor.shape);
    };
    return Object.fromEntries([
      ...gradients.map((gradient, i) => [String(i), () => gradient] as const),
      ...captured.map((tensor, i) => [`captured ${i}`, () => ofCaptured(tensor)] as const),
    ]);
  }
}
