import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import * as hk from '../../src/index.js';
import { expectBits, expectClose } from '../support/compare.js';
import { tolerances } from '../support/tolerances.js';

/** One step of a program: a kind and its arguments. */
type Operation = readonly [kind: string, ...args: unknown[]];
type Program = readonly Operation[];
type Name = string | null;

/** What the methods of a cell do. */
interface Spec {
  readonly init: readonly (readonly [kind: string, name?: Name])[];
  readonly call: Program;
  readonly enc: Program | null;
  readonly transparent: Program | null;
  readonly like: Program | null;
  readonly twice: boolean;
}

type Recorded = readonly [shape: number[], values: number[]];
type RecordedTree = Readonly<Record<string, Readonly<Record<string, Recorded>>>>;

interface Case {
  readonly program: Program;
  readonly params: RecordedTree;
  readonly state: RecordedTree;
  readonly y: Recorded;
  readonly after: RecordedTree;
}

const [{ x: input }, ...cases] = JSON.parse(
  readFileSync(new URL('../goldens/flows.json', import.meta.url), 'utf8'),
) as [{ x: Recorded }, ...Case[]];

const NORMAL = hk.initializers.randomNormal();
const METHODS: Readonly<Record<string, string>> = { __call__: 'call', __init__: 'constructor', enc: 'enc' };
const affine = { createScale: true, createOffset: true } as const;
const named = (name: Name): { name?: string } => (name === null ? {} : { name });

@hk.module('cell')
class Cell extends hk.Module {
  private readonly layers: ((x: tf.Tensor) => tf.Tensor)[];
  constructor(
    readonly spec: Spec,
    options: hk.ModuleOptions,
  ) {
    super(options);
    this.layers = spec.init.map(([kind, name]) => this.layer(kind, name ?? null));
  }
  @hk.transparent
  private layer(kind: string, name: Name): (x: tf.Tensor) => tf.Tensor {
    if (kind === 'param') {
      const p = hk.getParameter(String(name), [4], { init: NORMAL });
      return (x) => tf.mul(x, tf.add(1, p));
    }
    if (kind === 'batch_norm') {
      const norm = new hk.BatchNorm({ ...affine, decayRate: 0.9 });
      return (x) => norm.call(x, true);
    }
    const made = {
      linear: () => new hk.Linear(4, named(name)),
      layer_norm: () => new hk.LayerNorm({ ...affine, axis: -1 }),
      mlp: () => new hk.nets.MLP([3, 4]),
    }[kind as 'linear']();
    return (x) => made.call(x);
  }
  call(x: tf.Tensor): tf.Tensor {
    let y = this.layers.reduce((v, layer) => layer(v), x);
    if (this.spec.transparent) y = this.helper(y);
    if (this.spec.like) y = this.like(y);
    return run(this.spec.call, y);
  }
  enc(x: tf.Tensor): tf.Tensor {
    return run(this.spec.enc ?? [], x);
  }
  @hk.transparent
  helper(x: tf.Tensor): tf.Tensor {
    return run(this.spec.transparent ?? [], x);
  }
  @hk.nameLike('call')
  like(x: tf.Tensor): tf.Tensor {
    return run(this.spec.like ?? [], x);
  }
}

function use(cell: Cell, x: tf.Tensor): tf.Tensor {
  let y = cell.call(x);
  if (cell.spec.enc) y = cell.enc(y);
  return cell.spec.twice ? cell.call(y) : y;
}

const cellOf = (spec: Spec, name: Name): Cell => new Cell(spec, named(name));
const normal = (key: hk.PRNGKey, shape: number[]): tf.Tensor => tf.mul(0.1, hk.random.normal(key, shape));
const withNoise = (x: tf.Tensor, shape: number[] = []): tf.Tensor =>
  tf.add(x, normal(hk.nextRngKey(), shape));
const tenth = (x: tf.Tensor): tf.Tensor => tf.mul(0.1, x);
/** `f` of a row as a matrix of one row. */
const onRow =
  (f: (x: tf.Tensor) => tf.Tensor) =>
  (row: tf.Tensor): tf.Tensor =>
    tf.reshape(f(tf.reshape(row, [1, 4])), [4]);

const getters: Readonly<Record<string, hk.Getter>> = {
  a: (next, value) => next(tf.mul(value, 0.5)),
  b: (next, value, { name }) => (name === 'w' ? tf.mul(next(value), 2) : next(value)),
  c: (next, value, { moduleName }) => (moduleName === '~' ? value : next(value)),
  d: (next, value) => next(tf.mul(next(value), 1.25)),
};
const creators: Readonly<Record<string, hk.Creator>> = {
  a: (next, shape, dtype, init) => tf.mul(next(shape, dtype, init) as tf.Tensor, 0.5),
  b: (next, shape, dtype) => next(shape, dtype, hk.initializers.constant(0.25)),
  c: (next, shape, dtype, init, { name }) =>
    next(
      shape,
      dtype,
      name === 'w' || name === 'p' ? hk.initializers.randomUniform({ minval: -1, maxval: 1 }) : init,
    ),
  d: (next, shape, dtype, init, { name }) =>
    name === 'b' ? init([...shape], dtype) : next(shape, dtype, init),
};
const interceptors: Readonly<Record<string, hk.Interceptor>> = {
  a: (next, args, { methodName }) =>
    methodName === 'call' && args[0] instanceof tf.Tensor
      ? next(tf.mul(args[0], 0.9), ...args.slice(1))
      : next(...args),
  b: (next, args, { methodName, module }) =>
    (methodName === 'call' || methodName === 'enc') && (module instanceof hk.Linear || module instanceof Cell)
      ? tf.mul(next(...args) as tf.Tensor, 1.1)
      : next(...args),
  c: (next, args, { methodName, module }) =>
    methodName === 'call' && module instanceof hk.LayerNorm ? args[0] : next(...args),
  d: (next, args, { methodName, module }) =>
    methodName === 'call' && module instanceof hk.Linear
      ? tf.add(next(...args) as tf.Tensor, next(...args) as tf.Tensor)
      : next(...args),
};

/** Each kind of operation, with the arguments that stand in the golden. */
const operations: Readonly<Record<string, (x: tf.Tensor, ...args: never[]) => tf.Tensor>> = {
  linear: (x, name: Name) => new hk.Linear(4, named(name)).call(x),
  param: (x, name: string) => tf.mul(x, tf.add(1, tenth(hk.getParameter(name, [4], { init: NORMAL })))),
  noise: (x) => withNoise(x, x.shape),
  keys: (x, n: number) => hk.nextRngKeys(n).reduce((v: tf.Tensor, key) => tf.add(v, normal(key, [])), x),
  state: (x, name: string) => {
    const count: tf.Tensor = hk.getState(`s${name}`, [], { init: hk.initializers.constant(0) });
    hk.setState(`s${name}`, tf.add(tf.add(count, 1), tf.mean(x)));
    return tf.add(x, tenth(count));
  },
  state_rng: (x, name: string) => {
    const value: tf.Tensor = hk.getState(`r${name}`, [4], { init: NORMAL });
    hk.setState(`r${name}`, tf.mul(value, 1.5));
    return tf.add(x, tenth(value));
  },
  batch_norm: (x) => new hk.BatchNorm({ ...affine, decayRate: 0.9 }).call(x, true),
  layer_norm: (x) => new hk.LayerNorm({ ...affine, axis: -1 }).call(x),
  mlp: (x) => new hk.nets.MLP([3, 4]).call(x),
  mlp_dropout: (x) => new hk.nets.MLP([4, 4]).call(x, { dropoutRate: 0.2, rng: hk.nextRngKey() }),
  dropout: (x, rate: number) => hk.dropout(hk.nextRngKey(), rate, x),
  reserve: (x, n: number) => {
    hk.reserveRngKeys(n);
    return x;
  },
  replay: (x) => {
    const state = hk.maybeGetRngSequenceState()!;
    const y = withNoise(x);
    hk.replaceRngSequenceState(state);
    return withNoise(y);
  },
  scope: (x, name: string, method: string, ops: Program) =>
    hk.nameScope(name, () => run(ops, x), { methodName: METHODS[method] }),
  cell: (x, name: Name, spec: Spec) => use(cellOf(spec, name), x),
  deferred: (x, name: Name, spec: Spec) => new hk.Deferred(() => cellOf(spec, name)).call(x),
  stack: (x, n: number, mode: string, name: Name, ops: Program) => {
    if (mode === 'inputs') {
      const layer = (v: tf.Tensor, shift: tf.Tensor): [tf.Tensor, tf.Tensor] => {
        const y = run(ops, tf.add(v, shift));
        return [y, tf.sum(y)];
      };
      const stack = hk.layerStack(n, { ...named(name), withPerLayerInputs: true })(layer);
      const [y, sums] = stack(x, tf.range(0, n));
      return tf.add(y, tenth(tf.sum(sums)));
    }
    const stack = hk.layerStack(n, named(name))((v: tf.Tensor) => run(ops, v));
    return mode === 'reverse' ? stack.reverse(x) : stack(x);
  },
  lift: (x, name: string, transparent: boolean, allowReuse: boolean, ops: Program) => {
    const inner = hk.transform((v: tf.Tensor) => run(ops, v));
    const lifted = transparent
      ? hk.transparentLift(inner.init, { allowReuse })
      : hk.lift(inner.init, { allowReuse, name });
    return inner.apply(lifted(hk.nextRngKey(), x), hk.nextRngKey(), x);
  },
  lift_state: (x, name: string, transparent: boolean, ops: Program) => {
    const inner = hk.transformWithState((v: tf.Tensor) => run(ops, v));
    const [lifted, updater] = transparent
      ? hk.transparentLiftWithState(inner.init)
      : hk.liftWithState(inner.init, { name });
    const [params, state] = lifted(hk.nextRngKey(), x);
    const [y, after] = inner.apply(params, state, hk.nextRngKey(), x);
    updater.update(after);
    return y;
  },
  scan: (x, n: number, reverse: boolean, name: Name, spec: Spec) => {
    const cell = cellOf(spec, name);
    const step = (carry: tf.Tensor, shift: tf.Tensor): [tf.Tensor, tf.Tensor] => {
      const y = use(cell, tf.add(carry, shift));
      return [y, tf.sum(y)];
    };
    const [carry, sums] = hk.scan(step, x, tenth(tf.range(0, n)), { reverse });
    return tf.add(carry, tenth(tf.sum(sums)));
  },
  scan_body: (x, length: number, ops: Program) =>
    hk.scan((carry: tf.Tensor) => [run(ops, carry), null], x, null, { length })[0],
  map: (x, name: Name, spec: Spec) => {
    const cell = cellOf(spec, name);
    return hk.map(
      onRow((row) => use(cell, row)),
      x,
    );
  },
  while: (x, name: Name, spec: Spec, n: number) => {
    const cell = cellOf(spec, name);
    if (hk.runningInit()) return use(cell, x);
    return hk.whileLoop(
      ([i]: [tf.Tensor, tf.Tensor]) => tf.less(i, n),
      ([i, v]: [tf.Tensor, tf.Tensor]): [tf.Tensor, tf.Tensor] => [
        tf.add(i, tf.scalar(1, 'int32')),
        use(cell, v),
      ],
      [tf.scalar(0, 'int32'), x],
    )[1];
  },
  fori: (x, name: Name, spec: Spec, lower: number, upper: number) => {
    const cell = cellOf(spec, name);
    return hk.foriLoop(lower, upper, (i, v: tf.Tensor) => tf.add(use(cell, v), 0.1 * i), x);
  },
  vmap: (x, split: boolean, ops: Program) =>
    hk.vmap(
      onRow((row) => run(ops, row)),
      { splitRng: split && !hk.runningInit() },
    )(x),
  cond: (x, which: string, ops: Program) =>
    hk.cond(
      which === 'data' ? tf.greater(tf.mean(x), 0) : which === 'true',
      (v: tf.Tensor) => run(ops, v),
      (v: tf.Tensor) => tf.mul(run(ops, v), 0.5),
      x,
    ),
  switch: (x, index: number, ops: Program, n: number) =>
    hk.switch(
      index,
      Array.from({ length: n }, (_, i) => (v: tf.Tensor) => tf.mul(run(ops, v), 1 + i)),
      x,
    ),
  remat: (x, ops: Program) => hk.remat((v: tf.Tensor) => run(ops, v))(x),
  grad: (x, ops: Program) => tf.add(x, tenth(hk.grad((v: tf.Tensor) => tf.sum(tf.tanh(run(ops, v))))(x))),
  getter: (x, how: string, ops: Program) =>
    hk.customGetter(getters[how], () => run(ops, x), { params: true, state: how === 'a' }),
  creator: (x, how: string, ops: Program) =>
    hk.customCreator(creators[how], () => run(ops, x), { params: true, state: how === 'a' }),
  setter: (x, ops: Program) => {
    const doubled = (v: tf.Tensor): tf.Tensor => (v.rank === 0 && v.dtype === 'float32' ? tf.mul(v, 2) : v);
    return hk.customSetter(
      (next, value) => next(doubled(value as tf.Tensor)),
      () => run(ops, x),
    );
  },
  intercept: (x, how: string, ops: Program) => hk.interceptMethods(interceptors[how], () => run(ops, x)),
  with_rng: (x, seed: number, ops: Program) => hk.withRng(seed, () => run(ops, x)),
  reserve_size: (x, rngReserveSize: number, ops: Program) =>
    hk.config.context({ rngReserveSize }, () => run(ops, x)),
  sequential: (x, programs: Program[]) =>
    new hk.Sequential(programs.map((ops) => (v: tf.Tensor) => run(ops, v))).call(x) as tf.Tensor,
  to_module: (x, ops: Program) => {
    const my_fn = (v: tf.Tensor): tf.Tensor => run(ops, v);
    return new (hk.toModule(my_fn))().call(x);
  },
  batch_apply: (x, ops: Program) =>
    tf.reshape(new hk.BatchApply((v: tf.Tensor) => run(ops, v)).call(tf.expandDims(x, 1)), x.shape),
  expand_apply: (x, ops: Program) =>
    hk.expandApply((v: tf.Tensor) => new hk.BatchApply((w: tf.Tensor) => run(ops, w)).call(v))(x),
  nested: (x, ops: Program) => {
    const inner = hk.transformWithState((v: tf.Tensor) => run(ops, v));
    const [params, state] = inner.init(hk.nextRngKey(), x);
    const [y, after] = inner.apply(params, state, hk.nextRngKey(), x);
    return inner.apply(params, after, hk.nextRngKey(), y)[0];
  },
  eval_shape: (x, ops: Program) => {
    expect(hk.evalShape((v: tf.Tensor) => run(ops, v), x).shape).to.deep.equal(x.shape);
    return x;
  },
  multi: (x, first: Program, second: Program) => {
    const inner = hk.multiTransformWithState(() => {
      const shared = new hk.Linear(4, { name: 'shared' });
      const one = (v: tf.Tensor): tf.Tensor => run(first, shared.call(v));
      const two = (v: tf.Tensor): tf.Tensor => run(second, shared.call(v));
      return [(v: tf.Tensor) => two(one(v)), [one, two]] as const;
    });
    const [params, state] = inner.init(hk.nextRngKey(), x);
    const [y, after] = inner.apply[0](params, state, hk.nextRngKey(), x);
    return inner.apply[1](params, after, hk.nextRngKey(), y)[0];
  },
};

function run(program: Program, x: tf.Tensor): tf.Tensor {
  return program.reduce((v, [kind, ...args]) => operations[kind](v, ...(args as never[])), x);
}

type Compare = (value: tf.Tensor, expected: Float32Array, what: string) => void;
const exactly: Compare = (value, expected, what) => expectBits(value, expected, what);
/** The mean of normalized values is nothing but rounding. */
const SMALLEST = 0.01;
const closely: Compare = (value, expected, what) =>
  expectClose(value, expected, tolerances.output, what, SMALLEST);

function expectTree(found: hk.Params, expected: RecordedTree, compare: Compare): void {
  const names = (tree: object): string[] =>
    Object.entries(tree).flatMap(([module, entries]) =>
      Object.keys(entries as object).map((name) => `${module} ${name}`),
    );
  expect(names(found)).to.have.members(names(expected));
  for (const [module, entries] of Object.entries(expected)) {
    for (const [name, [shape, values]] of Object.entries(entries)) {
      const value = found[module][name];
      expect(value.shape, `${module}/${name}`).to.deep.equal(shape);
      compare(tf.cast(value, 'float32'), Float32Array.from(values), `${module}/${name}`);
    }
  }
}

describe('values of random programs', () => {
  cases.forEach((golden, i) => {
    it(`${i} are those of Haiku: parameters from the seed, state and outputs`, () => {
      const model = hk.transformWithState((x: tf.Tensor) => run(golden.program, x));
      tf.tidy(() => {
        const x = tf.tensor(input[1], input[0]);
        const [params, state] = model.init(42, x);
        expectTree(params, golden.params, exactly);
        expectTree(state, golden.state, closely);
        const [y, after] = model.apply(params, state, hk.random.key(7), x);
        closely(y, Float32Array.from(golden.y[1]), 'output');
        expectTree(after, golden.after, closely);
      });
    });
  });
});
