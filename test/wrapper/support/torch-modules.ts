import {
  add,
  matMul,
  moments,
  mul,
  randomNormal,
  relu,
  rsqrt,
  scalar,
  sub,
  variable,
  zeros,
  ones,
  type Tensor,
  type Tensor2D,
  type Variable,
} from '@tensorflow/tfjs-core';
import type { TorchModule } from '../../../src/wrapper/index.js';

/** A variable that takes over a value. */
export function variableOf(value: Tensor, trainable = true): Variable {
  const made = variable(value, trainable);
  value.dispose();
  return made;
}

/** `torch.nn.Linear`. */
export class Linear implements TorchModule {
  readonly weight: Variable;
  readonly bias: Variable;

  constructor(inputs: number, outputs: number) {
    this.weight = variableOf(randomNormal([outputs, inputs]));
    this.bias = variableOf(randomNormal([outputs]));
  }

  namedParameters(): [string, Variable][] {
    return [
      ['weight', this.weight],
      ['bias', this.bias],
    ];
  }

  namedBuffers(): [string, Variable][] {
    return [];
  }

  train(_mode: boolean): void {
    // Nothing differs.
  }

  forward(x: Tensor): Tensor {
    return add(matMul(x as Tensor2D, this.weight as unknown as Tensor2D, false, true), this.bias);
  }
}

/** `torch.nn.BatchNorm1d`, which keeps the unbiased variance. */
export class BatchNorm1d implements TorchModule {
  readonly weight: Variable;
  readonly bias: Variable;
  readonly runningMean: Variable;
  readonly runningVar: Variable;
  readonly seen = variableOf(scalar(0, 'int32'), false);
  training = true;

  constructor(size: number) {
    this.weight = variableOf(ones([size]));
    this.bias = variableOf(zeros([size]));
    this.runningMean = variableOf(zeros([size]), false);
    this.runningVar = variableOf(ones([size]), false);
  }

  namedParameters(): [string, Variable][] {
    return [
      ['weight', this.weight],
      ['bias', this.bias],
    ];
  }

  namedBuffers(): [string, Variable][] {
    return [
      ['running_mean', this.runningMean],
      ['running_var', this.runningVar],
      ['num_batches_tracked', this.seen],
    ];
  }

  train(mode: boolean): void {
    this.training = mode;
  }

  forward(x: Tensor): Tensor {
    let [mean, variance]: Tensor[] = [this.runningMean, this.runningVar];
    if (this.training) {
      const n = x.shape[0];
      ({ mean, variance } = moments(x, 0));
      this.runningMean.assign(add(mul(this.runningMean, 0.9), mul(mean, 0.1)));
      this.runningVar.assign(add(mul(this.runningVar, 0.9), mul(variance, (0.1 * n) / (n - 1))));
      this.seen.assign(add(this.seen, scalar(1, 'int32')));
    }
    return add(mul(sub(x, mean), mul(rsqrt(add(variance, 1e-5)), this.weight)), this.bias);
  }
}

/** `torch.nn.ReLU`. */
export class ReLU implements TorchModule {
  namedParameters(): [string, Variable][] {
    return [];
  }

  namedBuffers(): [string, Variable][] {
    return [];
  }

  train(_mode: boolean): void {
    // Nothing differs.
  }

  forward(x: Tensor): Tensor {
    return relu(x);
  }
}

/** `torch.nn.Sequential`, which names the variables of its parts by their number. */
export class Sequential implements TorchModule {
  readonly parts: readonly TorchModule[];

  constructor(...parts: TorchModule[]) {
    this.parts = parts;
  }

  namedParameters(): [string, Variable][] {
    return this.#named((part) => part.namedParameters());
  }

  namedBuffers(): [string, Variable][] {
    return this.#named((part) => part.namedBuffers());
  }

  train(mode: boolean): void {
    for (const part of this.parts) part.train(mode);
  }

  forward(x: Tensor): unknown {
    return this.parts.reduce<unknown>((h, part) => part.forward(h as never), x);
  }

  #named(of: (part: TorchModule) => Iterable<readonly [string, Variable]>): [string, Variable][] {
    return this.parts.flatMap((part, i) =>
      [...of(part)].map(([name, value]): [string, Variable] => [`${i}.${name}`, value]),
    );
  }
}

/** Values of parameters and buffers by name. */
export function valuesOf(module: TorchModule): Record<string, number[]> {
  const all = [...module.namedParameters(), ...module.namedBuffers()];
  return Object.fromEntries(all.map(([name, value]) => [name, [...(value as Tensor).dataSync()]]));
}
