import type { GradConfig, Tensor } from '@tensorflow/tfjs-core';
import { engine, zeros } from '@tensorflow/tfjs-core';
import { TankaError } from '../../errors/tanka-error.js';

/** What a rule keeps of the forward pass: inputs by name, and then outputs by position. */
export interface Saves {
  readonly inputs?: readonly string[];
  readonly outputs?: readonly boolean[];
  /** Keeps every input, for kernels that take a list. */
  readonly allInputs?: true;
}

/** The gradient of each input, computed when it is asked for. Each call must make a new tensor handle. */
export type Gradients = Record<string, () => Tensor>;

/** The rule of a kernel with one output. `attributes` are those of the kernel, as `@tensorflow/tfjs-core` declares them. */
export function rule<Attributes = object>(
  kernelName: string,
  { inputs, outputs, allInputs }: Saves,
  gradient: (dy: Tensor, saved: Tensor[], attributes: Attributes) => Gradients | (() => Tensor)[],
): GradConfig {
  return {
    kernelName,
    ...(inputs && { inputsToSave: [...inputs] }),
    ...(outputs && { outputsToSave: [...outputs] }),
    ...(allInputs && { saveAllInputs: true }),
    gradFunc: (dy, saved, attributes) =>
      gradient(dy as Tensor, saved, attributes as unknown as Attributes) as Gradients,
  };
}

/** The rule of a kernel with several outputs; a lone output arrives as a list of one. */
export function outputsRule<Attributes = object>(
  kernelName: string,
  saves: Saves,
  gradient: (dys: Tensor[], saved: Tensor[], attributes: Attributes) => Gradients,
): GradConfig {
  return rule<Attributes>(kernelName, saves, (dy, saved, attributes) =>
    gradient((Array.isArray(dy) ? dy : [dy]) as Tensor[], saved, attributes),
  );
}

/** The rule of an elementwise kernel whose derivative is written in terms of its input. */
export function fromInput<Attributes = object>(
  kernelName: string,
  gradient: (dy: Tensor, x: Tensor, attributes: Attributes) => Tensor,
): GradConfig {
  return rule<Attributes>(kernelName, { inputs: ['x'] }, (dy, [x], attributes) => ({
    x: () => gradient(dy, x, attributes),
  }));
}

/** The rule of an elementwise kernel whose derivative is written in terms of its output. */
export function fromOutput(kernelName: string, gradient: (dy: Tensor, y: Tensor) => Tensor): GradConfig {
  return rule(kernelName, { outputs: [true] }, (dy, [y]) => ({ x: () => gradient(dy, y) }));
}

/** The rule of a kernel that is constant almost everywhere: zeros, in float32 whatever the dtype of the inputs. */
export function zeroRule(kernelName: string, ...inputs: string[]): GradConfig {
  return rule(kernelName, { inputs }, (_dy, saved) =>
    Object.fromEntries(inputs.map((name, i) => [name, () => zeros(saved[i].shape)])),
  );
}

/** The rule of a kernel that has no gradient here: it says so instead of TensorFlow.js' "gradient function not found". */
export function refusedRule(kernelName: string, why: string): GradConfig {
  return rule(kernelName, {}, () => {
    throw new TankaError(
      'gradient-not-supported',
      `No gradient flows through the kernel ${kernelName}: ${why} ` +
        'Compute this value outside of the differentiated function and pass it in as a constant.',
    );
  });
}

/** Runs a kernel that the root of TensorFlow.js has no function for. */
export function runKernel(
  kernelName: string,
  inputs: Record<string, Tensor>,
  attributes: Record<string, unknown> = {},
): Tensor {
  return engine().runKernel(
    kernelName,
    inputs,
    attributes as Parameters<ReturnType<typeof engine>['runKernel']>[2],
  );
}
