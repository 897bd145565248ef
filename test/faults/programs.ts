import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import * as hk from '../../src/index.js';

/** A step of a random program over names, parameters, state, keys and scopes. */
export type Step =
  | { readonly kind: 'parameter' | 'state' | 'update'; readonly name: string }
  | { readonly kind: 'key' | 'throw' }
  | { readonly kind: 'module' | 'method' | 'scope'; readonly name: string; readonly body: readonly Step[] }
  | { readonly kind: 'rng'; readonly seed: number; readonly body: readonly Step[] }
  | { readonly kind: 'shared' | 'scan' | 'cond' | 'nested'; readonly body: readonly Step[] };

/** What a step that throws throws. */
export class Planned extends Error {}

const names = fc.constantFrom('a', 'b', 'linear', 'w');
const seeds = fc.integer({ min: 0, max: 1000 });

/** Random programs; none throws. */
export const programs: fc.Arbitrary<readonly Step[]> = fc.letrec<{ body: readonly Step[]; step: Step }>(
  (tie) => ({
    body: fc.array(tie('step'), { maxLength: 4 }),
    step: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.record({
        kind: fc.constantFrom('parameter' as const, 'state' as const, 'update' as const),
        name: names,
      }),
      fc.record({ kind: fc.constant('key' as const) }),
      fc.record({
        kind: fc.constantFrom('module' as const, 'method' as const, 'scope' as const),
        name: names,
        body: tie('body'),
      }),
      fc.record({ kind: fc.constant('rng' as const), seed: seeds, body: tie('body') }),
      fc.record({
        kind: fc.constantFrom('shared' as const, 'scan' as const, 'cond' as const, 'nested' as const),
        body: tie('body'),
      }),
    ),
  }),
).body;

/** Runs steps inside of whatever scope is current, and adds up all values they meet. */
function run(steps: readonly Step[], sum: tf.Tensor): tf.Tensor {
  return steps.reduce((total, step) => runStep(step, total), sum);
}

@hk.module('block')
class Block extends hk.Module {
  constructor(
    name: string,
    private readonly body: readonly Step[],
  ) {
    super(name);
  }

  call(x: tf.Tensor): tf.Tensor {
    return run(this.body, x);
  }

  /** Opens a scope of its own name. */
  other(x: tf.Tensor): tf.Tensor {
    return run(this.body, x);
  }
}

function parameter(name: string): tf.Tensor {
  return hk.getParameter(name, [2], { init: hk.initializers.randomNormal() });
}

function runStep(step: Step, x: tf.Tensor): tf.Tensor {
  switch (step.kind) {
    case 'throw':
      throw new Planned();
    case 'parameter':
      return tf.add(x, parameter(step.name));
    case 'state':
      return tf.add(x, hk.getState(`s_${step.name}`, [2], { init: hk.initializers.constant(1) }));
    case 'update': {
      const name = `s_${step.name}`;
      const before = hk.getState(name, [2], { init: hk.initializers.constant(1) });
      hk.setState(name, tf.add(before, 0.5));
      return tf.mul(x, 0.9);
    }
    case 'key':
      return tf.add(x, hk.random.uniform(hk.nextRngKey(), [2]));
    case 'module':
      return new Block(step.name, step.body).call(x);
    case 'method':
      return new Block(step.name, step.body).other(x);
    case 'scope':
      return hk.nameScope(step.name, () => run(step.body, x));
    case 'rng':
      return hk.withRng(hk.random.key(step.seed), () => run(step.body, x));
    case 'shared': {
      const shared = new Block('shared', step.body);
      return shared.call(shared.call(x));
    }
    case 'scan': {
      const looped = new Block('looped', step.body);
      // Parameters and state are made before the loop, as it asks for.
      const once = looped.call(x);
      return hk.scan((c: tf.Tensor): [tf.Tensor, null] => [looped.call(c), null], once, null, {
        length: 2,
      })[0];
    }
    case 'cond': {
      const block = new Block('branch', step.body);
      const once = block.call(x);
      return hk.cond(
        tf.less(tf.sum(once), 0),
        (y: tf.Tensor) => block.call(y),
        (y: tf.Tensor) => tf.neg(y),
        once,
      );
    }
    case 'nested': {
      const inner = hk.transformWithState((y: tf.Tensor) => run(step.body, y));
      const [params, state] = inner.init(7, x);
      return inner.apply(params, state, hk.random.key(8), x)[0];
    }
  }
}

/** The function of a program. */
export function functionOf(steps: readonly Step[]): (x: tf.Tensor) => tf.Tensor {
  return (x) => run(steps, x);
}

/** The program with a step that throws at a place, counted in the order of the text; `undefined` behind the last place. */
export function throwingAt(steps: readonly Step[], place: number): readonly Step[] | undefined {
  let left = place;
  const insert = (body: readonly Step[]): readonly Step[] | undefined => {
    for (let i = 0; i <= body.length; i++) {
      if (left-- === 0) return [...body.slice(0, i), { kind: 'throw' }, ...body.slice(i)];
      const step = body[i];
      if (step === undefined || !('body' in step)) continue;
      const changed = insert(step.body);
      if (changed !== undefined)
        return [...body.slice(0, i), { ...step, body: changed }, ...body.slice(i + 1)];
    }
    return undefined;
  };
  return insert(steps);
}
