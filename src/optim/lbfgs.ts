import {
  add,
  div,
  equal,
  expandDims,
  gather,
  greater,
  minimum,
  mod,
  mul,
  neg,
  range,
  reshape,
  scalar,
  sub,
  sum,
  where,
  zeros,
  zerosLike,
  type Tensor,
} from '@tensorflow/tfjs-core';
import { leaves } from '../tree/tree.js';
import { globalNorm } from './apply-updates.js';
import { mapUpdates } from './map-updates.js';
import { increment, zeroCount, zerosTree } from './moments.js';
import { mulTree } from './scale.js';
import {
  checkArgument,
  requireParams,
  transformation,
  type GradientTransformation,
  type Updates,
} from './transformation.js';

/** State of {@link scaleByLbfgs}. Memories are rings: the entry of step `k` is at `k % memorySize` along the first axis. */
export type ScaleByLbfgsState = {
  readonly count: Tensor;
  readonly params: Updates;
  readonly updates: Updates;
  readonly diffParamsMemory: Updates;
  readonly diffUpdatesMemory: Updates;
  readonly weightsMemory: Tensor;
};

/** Options of {@link scaleByLbfgs}. */
export interface ScaleByLbfgsOptions {
  /** Steps that the approximation of the Hessian is made of. Default 10. */
  readonly memorySize?: number;
  /** Begins with a multiple of the identity that fits the last step. Default `true`. */
  readonly scaleInitPrecond?: boolean;
}

/** The product of two trees as vectors. */
function vdot(a: Updates, b: Updates): Tensor {
  const [left, right] = [leaves(a), leaves(b)];
  return left.reduce<Tensor>((total, x, i) => add(total, sum(mul(x, right[i]))), scalar(0));
}

/** `a + factor * b`. */
function addScaled(a: Updates, factor: Tensor, b: Updates): Updates {
  return mapUpdates((x, y) => add(x, mul(factor, y)), a, b);
}

/** The memories with the last step in them, and that step. */
interface Memory extends Pick<ScaleByLbfgsState, 'diffParamsMemory' | 'diffUpdatesMemory' | 'weightsMemory'> {
  /** Whether there was a step. */
  readonly isLater: Tensor;
  readonly diffParams: Updates;
  readonly diffUpdates: Updates;
  /** Place of the oldest step in the rings. */
  readonly oldest: Tensor;
}

function remember(updates: Updates, params: Updates, state: ScaleByLbfgsState, size: number): Memory {
  const { count } = state;
  const isLater = greater(count, scalar(0, 'int32'));
  // Differences to the zeros of the beginning mean nothing.
  const difference = (now: Updates, before: Updates): Updates =>
    mapUpdates((a, b) => where(isLater, sub(a, b), zerosLike(a)), now, before);
  const diffParams = difference(params, state.params);
  const diffUpdates = difference(updates, state.updates);
  const curvature = vdot(diffUpdates, diffParams);
  const weight = where(equal(curvature, 0), scalar(0), div(1, curvature));
  const length = scalar(size, 'int32');
  const oldest = mod(count, length);
  const isNewest = equal(range(0, size, 1, 'int32'), mod(add(count, scalar(size - 1, 'int32')), length));
  const put = (ring: Tensor, value: Tensor): Tensor =>
    where(reshape(isNewest, [size, ...value.shape.map(() => 1)]), expandDims(value, 0), ring);
  return {
    isLater,
    diffParams,
    diffUpdates,
    oldest,
    diffParamsMemory: mapUpdates(put, state.diffParamsMemory, diffParams),
    diffUpdatesMemory: mapUpdates(put, state.diffUpdatesMemory, diffUpdates),
    weightsMemory: put(state.weightsMemory, weight),
  };
}

/** The multiple of the identity that the approximation begins with. */
function identityScale(updates: Updates, { isLater, diffParams, diffUpdates }: Memory): Tensor {
  const denominator = vdot(diffUpdates, diffUpdates);
  const fitting = where(greater(denominator, 0), div(vdot(diffUpdates, diffParams), denominator), scalar(1));
  // The first step is no longer than one.
  return where(isLater, fitting, minimum(1, div(1, globalNorm(updates))));
}

/** Nocedal's two loops, from the newest step to the oldest and back. */
function preconditioned(updates: Updates, memory: Memory, scale: Tensor, size: number): Updates {
  const { diffParamsMemory, diffUpdatesMemory, weightsMemory, oldest } = memory;
  const length = scalar(size, 'int32');
  const steps = Array.from({ length: size }, (_, i) => {
    const place = reshape(mod(add(oldest, scalar(i, 'int32')), length), [1]);
    const entry = (ring: Tensor): Tensor => reshape(gather(ring, place), ring.shape.slice(1));
    return {
      diffParams: mapUpdates(entry, diffParamsMemory),
      diffUpdates: mapUpdates(entry, diffUpdatesMemory),
      weight: entry(weightsMemory),
    };
  });
  let direction = updates;
  const alphas = steps.toReversed().map(({ diffParams, diffUpdates, weight }) => {
    const alpha = mul(weight, vdot(diffParams, direction));
    direction = addScaled(direction, neg(alpha), diffUpdates);
    return alpha;
  });
  direction = mulTree(direction, scale);
  steps.forEach(({ diffParams, diffUpdates, weight }, i) => {
    const beta = mul(weight, vdot(diffUpdates, direction));
    direction = addScaled(direction, sub(alphas[size - 1 - i], beta), diffParams);
  });
  return direction;
}

/**
 * The direction of L-BFGS: gradients times an approximation of the inverse of the Hessian, made of the last steps (Nocedal, 1980).
 *
 * It needs a step size after it: `chain(scaleByLbfgs(), scaleByLearningRate(1))` is `optax.lbfgs(1, linesearch=None)`.
 *
 * @throws `optim-argument-invalid`; `optim-params-missing` when `update` is called without parameters
 */
export function scaleByLbfgs({
  memorySize = 10,
  scaleInitPrecond = true,
}: ScaleByLbfgsOptions = {}): GradientTransformation<ScaleByLbfgsState> {
  checkArgument(
    Number.isInteger(memorySize) && memorySize >= 1,
    'memorySize',
    'a whole number of at least 1',
    memorySize,
  );
  return transformation<ScaleByLbfgsState>(
    (params) => {
      const memory = (): Updates => mapUpdates((leaf) => zeros([memorySize, ...leaf.shape]), params);
      return {
        count: zeroCount(),
        params: zerosTree(params),
        updates: zerosTree(params),
        diffParamsMemory: memory(),
        diffUpdatesMemory: memory(),
        weightsMemory: zeros([memorySize]),
      };
    },
    (updates, state, given) => {
      const params = requireParams(given, 'scaleByLbfgs');
      const memory = remember(updates, params, state, memorySize);
      const scale = scaleInitPrecond ? identityScale(updates, memory) : scalar(1);
      const { diffParamsMemory, diffUpdatesMemory, weightsMemory } = memory;
      return [
        preconditioned(updates, memory, scale, memorySize),
        {
          count: increment(state.count),
          params,
          updates,
          diffParamsMemory,
          diffUpdatesMemory,
          weightsMemory,
        },
      ];
    },
  );
}
