import {
  add,
  avgPool,
  conv2d,
  matMul,
  moments,
  mul,
  reshape,
  rsqrt,
  softmax,
  sub,
  relu,
  tanh,
  tile,
  sum,
  zeros,
  type Tensor,
  type Tensor2D,
  type Tensor4D,
} from '@tensorflow/tfjs-core';
import * as hk from '../../../src/index.js';
import type { FlaxModule } from '../../../src/wrapper/index.js';

/** Keras' model without parameters. */
export function sumAndTile(inputs: Tensor): Tensor {
  return tile(reshape(sum(inputs, [1, 2, 3]), [-1, 1]), [1, 10]);
}

/** Weights and biases of 784, 300, 100 and 10 units. */
export type Dense = readonly (readonly [w: Tensor2D, b: Tensor])[];

export function initDense(rng: hk.PRNGKey, inputs: Tensor): Dense {
  const sizes = [inputs.size / inputs.shape[0], 300, 100, 10];
  const keys = hk.random.split(rng, 3) as hk.PRNGKey[];
  return keys.map((key, i) => [
    mul(hk.random.normal(key, [sizes[i], sizes[i + 1]]) as Tensor2D, 0.1),
    mul(hk.random.normal(hk.random.foldIn(key, 1), [sizes[i + 1]]), 0.1),
  ]);
}

export function dense(params: Dense, inputs: Tensor): Tensor {
  const last = params.length - 1;
  return params.reduce<Tensor>(
    (x, [w, b], i) => {
      const y = add(matMul(x as Tensor2D, w), b);
      return i === last ? softmax(y) : tanh(y);
    },
    reshape(inputs, [inputs.shape[0], -1]),
  );
}

type Arrays = Record<string, Tensor>;
type Collection = Record<string, Arrays>;

/** What a call of a compact Flax module may use: its variables when there are any, else the keys to make them with. */
class Scope {
  readonly params: Collection;
  readonly stats: Collection;
  readonly newStats: Collection = {};
  readonly #made = new Map<string, number>();

  constructor(
    variables: { params?: Collection; batch_stats?: Collection } | null,
    private readonly key: hk.PRNGKey | null,
    readonly training: boolean,
  ) {
    this.params = variables?.params ?? {};
    this.stats = variables?.batch_stats ?? {};
  }

  conv(x: Tensor, features: number, size: number, stride: number, useBias = true): Tensor {
    const name = this.#name('Conv');
    const kernel = this.#param(name, 'kernel', [size, size, x.shape[3]!, features]);
    const y = conv2d(x as Tensor4D, kernel as Tensor4D, stride, 'same');
    return useBias ? add(y, this.#param(name, 'bias', [features])) : y;
  }

  dense(x: Tensor, features: number): Tensor {
    const name = this.#name('Dense');
    const kernel = this.#param(name, 'kernel', [x.shape[1]!, features]);
    return add(matMul(x as Tensor2D, kernel as Tensor2D), this.#param(name, 'bias', [features]));
  }

  /** Batch normalisation without a scale. */
  norm(x: Tensor): Tensor {
    const name = this.#name('BatchNorm');
    const size = [x.shape[x.rank - 1]!];
    const running = (this.stats[name] ??= { mean: zeros(size), var: add(zeros(size), 1) });
    const axes = x.shape.slice(0, -1).map((_, axis) => axis);
    const batch = moments(x, axes);
    const [mean, variance] = this.training ? [batch.mean, batch.variance] : [running.mean, running.var];
    const moved = (old: Tensor, now: Tensor): Tensor =>
      this.training ? add(mul(old, 0.99), mul(now, 0.01)) : old;
    this.newStats[name] = { mean: moved(running.mean, batch.mean), var: moved(running.var, batch.variance) };
    return add(mul(sub(x, mean), rsqrt(add(variance, 1e-5))), this.#param(name, 'bias', size));
  }

  dropout(x: Tensor, key: hk.PRNGKey | undefined): Tensor {
    return this.training && key !== undefined ? hk.dropout(key, 0.3, x) : x;
  }

  #name(kind: string): string {
    const count = this.#made.get(kind) ?? 0;
    this.#made.set(kind, count + 1);
    return `${kind}_${count}`;
  }

  #param(module: string, name: string, shape: number[]): Tensor {
    const bundle = (this.params[module] ??= {});
    if (name in bundle) return bundle[name];
    const key = hk.random.foldIn(this.key as hk.PRNGKey, Object.keys(this.params).length);
    return (bundle[name] = name === 'bias' ? zeros(shape) : mul(hk.random.normal(key, shape), 0.05));
  }
}

type Body = (scope: Scope, inputs: Tensor, dropout: hk.PRNGKey | undefined) => Tensor;

function pool(x: Tensor): Tensor {
  return avgPool(x as Tensor4D, 2, 2, 'valid');
}

function flat(x: Tensor): Tensor {
  return reshape(x, [x.shape[0], -1]);
}

/** Keras' network of two convolutions: 8 weights, 648,226 values. */
const convolutional =
  (drops: boolean): Body =>
  (scope, inputs, key) => {
    let x = pool(relu(scope.conv(inputs, 32, 3, 1)));
    x = pool(relu(scope.conv(x, 64, 3, 1)));
    x = scope.dense(flat(x), 200);
    if (drops) x = scope.dropout(x, key);
    return softmax(scope.dense(relu(x), 10));
  };

/** Keras' network with four normalisations: 13 weights that train, 8 that do not. */
const normalised: Body = (scope, inputs, key) => {
  let x = relu(scope.norm(scope.conv(inputs, 12, 3, 1, false)));
  x = relu(scope.norm(scope.conv(x, 24, 6, 2)));
  x = relu(scope.norm(scope.conv(x, 32, 6, 2)));
  x = scope.dropout(scope.norm(scope.dense(flat(x), 200)), key);
  return softmax(scope.dense(relu(x), 10));
};

const bodies: Record<string, Body> = {
  forward: convolutional(false),
  forwardWithDropout: convolutional(true),
  call: normalised,
};

/** Keras' Flax networks as one module with three methods; `call` is what runs when no method is named. */
export const flaxNetworks: FlaxModule = {
  init(rngs, inputs, { method = 'call', training }) {
    const scope = new Scope(null, rngs.params, training);
    bodies[method](scope, inputs as Tensor, rngs.dropout);
    const hasStats = Object.keys(scope.stats).length > 0;
    return { params: scope.params, ...(hasStats ? { batch_stats: scope.stats } : {}) };
  },
  apply(variables, inputs, { method = 'call', rngs, mutable, training }) {
    const scope = new Scope(variables as { params: Collection }, null, training);
    const output = bodies[method](scope, inputs as Tensor, rngs.dropout);
    return mutable === undefined ? output : [output, { batch_stats: scope.newStats }];
  },
};
