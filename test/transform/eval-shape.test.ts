import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import { observeRandom, type RandomObserver } from '../../src/backend/recordable.js';
import * as hk from '../../src/index.js';
import { errorCode } from '../support/errors.js';
import { values } from '../support/tensors.js';

/** Operations whose shapes are known by rule, and some that run on zeros, each on the same arguments. */
const operations: Record<string, (x: tf.Tensor4D, m: tf.Tensor2D, i: tf.Tensor1D) => unknown> = {
  arithmetic: (x, m) => [
    tf.add(x, 1),
    tf.div(m, tf.sum(m, 1, true)),
    tf.greater(x, 0),
    tf.logicalNot(tf.less(m, 1)),
  ],
  reductions: (x) => [
    tf.sum(x, [0, -1]),
    tf.mean(x),
    tf.max(x, 1, true),
    tf.argMax(x, 2),
    tf.any(tf.cast(x, 'bool'), 0),
  ],
  products: (x, m) => [
    tf.matMul(m, m, true),
    tf.matMul(x, x, false, true),
    tf.dot(m, tf.transpose(m)),
    tf.outerProduct(tf.ones([2]), tf.ones([5])),
  ],
  convolutions: (x) => [
    tf.conv2d(x, tf.ones([3, 2, 2, 4]), 2, 'same'),
    tf.conv2d(x, tf.ones([3, 2, 2, 4]), 1, 'valid'),
    tf.depthwiseConv2d(x, tf.ones([2, 2, 2, 3]), 1, 'same'),
    tf.conv2dTranspose(x, tf.ones([2, 2, 3, 2]), [2, 10, 12, 3], 2, 'same'),
    tf.maxPool(x, 2, 2, 'same'),
    tf.avgPool(x, [2, 3], 1, 'valid'),
  ],
  shapes: (x, m) => [
    tf.reshape(x, [2, -1]),
    tf.expandDims(m, -1),
    tf.squeeze(tf.slice(x, [0, 1, 0, 0], [1, 2, -1, 1])),
    tf.concat([m, m], 1),
    tf.stack([m, m, m], 1),
    tf.unstack(x, 2),
    tf.split(m, [1, 3], 1),
    tf.split(x, 2, 3),
    tf.pad(m, [
      [1, 0],
      [2, 3],
    ]),
    tf.tile(m, [2, 3]),
    tf.transpose(x, [3, 0, 2, 1]),
    tf.reverse(x, 1),
  ],
  indexing: (_, m, i) => [
    tf.gather(m, i),
    tf.gather(m, i, 1),
    tf.oneHot(i, 7),
    tf.where(tf.greater(m, 0), m, tf.zerosLike(m)),
  ],
  others: (_, m, i) => [
    tf.softmax(m),
    tf.cumsum(m, 1),
    tf.logSoftmax(m),
    tf.cast(i, 'float32'),
    tf.range(0, 6),
    tf.fill([2, 2], 7),
    tf.eye(3),
  ],
  'without a rule': (x, m) => [
    tf.image.resizeBilinear(x, [3, 3]),
    tf.topk(m, 2),
    tf.stridedSlice(m, [0, 0], [2, 4], [1, 2]),
    tf.conv3d(tf.ones<tf.Rank.R5>([1, 4, 4, 4, 2]), tf.ones([2, 2, 2, 2, 3]), 1, 'same'),
  ],
  gradients: (x, m) =>
    hk.grad(
      (a: tf.Tensor4D, b: tf.Tensor) =>
        tf.sum(
          tf.mul(
            tf.mean(tf.maxPool(tf.conv2d(a, tf.ones([3, 3, 2, 4]), 1, 'same'), 2, 2, 'same')),
            tf.relu(b),
          ),
        ),
      { argnums: [0, 1] },
    )(x, m),
};

const one = { init: hk.initializers.constant(1) };

describe('evalShape', () => {
  for (const [name, f] of Object.entries(operations)) {
    it(`tells the shapes and dtypes of ${name}`, () => {
      const args = [
        tf.ones([2, 5, 6, 2]) as tf.Tensor4D,
        tf.ones([3, 4]) as tf.Tensor2D,
        tf.tensor1d([0, 2], 'int32'),
      ] as const;
      const real = tf.tidy(() => {
        return hk.tree.map(
          (leaf: tf.Tensor) => ({ shape: leaf.shape, dtype: leaf.dtype }),
          f(...args) as tf.Tensor[],
        );
      });
      const shapes = hk.evalShape(f, ...args);
      expect(shapes).to.deep.equal(real);
      expect(tf.getBackend()).to.equal('wasm');
      hk.tree.dispose(args);
    });
  }

  it('takes shapes for tensors, and whole models, drawing nothing', () => {
    let drawn = 0;
    const init = (shape: number[]): tf.Tensor => (drawn++, tf.ones(shape));
    const model = hk.transformWithState((x: tf.Tensor, isTraining: boolean) => {
      const y = new hk.Linear(3, { wInit: init }).call(x);
      return new hk.BatchNorm({ createScale: true, createOffset: true, decayRate: 0.9 }).call(y, isTraining);
    });
    const [params, state] = hk.evalShape(model.init, null, { shape: [8, 2], dtype: 'float32' }, true);
    expect(params).to.deep.equal({
      linear: { w: { shape: [2, 3], dtype: 'float32' }, b: { shape: [3], dtype: 'float32' } },
      batch_norm: { scale: { shape: [1, 3], dtype: 'float32' }, offset: { shape: [1, 3], dtype: 'float32' } },
    });
    expect(Object.keys(state)).to.deep.equal(['batch_norm/~/mean_ema', 'batch_norm/~/var_ema']);
    expect(drawn).to.equal(0);
  });

  it('takes shapes anywhere in a nesting, and tells them from objects that only look like them', () => {
    const seen: unknown[] = [];
    const spec = (...shape: number[]): hk.ShapeDtypeLike => ({ shape, dtype: 'int32' });
    const given = {
      list: [spec(2), { deep: spec(3, 4) }],
      named: { shape: spec(5), dtype: spec() },
      more: { shape: spec(1), dtype: spec(1), extra: spec(1) },
      settings: { dtype: 'int32', rate: 0.5 },
      sizes: { shape: [1, 2], other: 'int32' },
      untouched: null,
    };
    const shapes = hk.evalShape((tree: object) => {
      seen.push(tree);
      return tree;
    }, given as object);
    expect(shapes).to.deep.equal(given);
    const { list, named, more } = seen[0] as Record<string, Record<string, unknown>>;
    expect(Object.values(list)[0]).to.be.instanceOf(tf.Tensor);
    expect(named.shape).to.be.instanceOf(tf.Tensor);
    expect(more.extra).to.be.instanceOf(tf.Tensor);
  });

  it('draws no sample, and tells shapes of samples whose parameters have no values', () => {
    const { random } = hk;
    const key = random.key(1);
    const samplers: Record<string, (p: tf.Tensor) => tf.Tensor> = {
      ball: () => random.ball(key, 3, 2, [4]),
      bernoulli: (p) => random.bernoulli(key, p),
      beta: (p) => random.beta(key, p, p),
      categorical: (p) => random.categorical(key, tf.log(p), { shape: [5] }),
      cauchy: () => random.cauchy(key, [2]),
      choice: (p) => random.choice(key, p, [2, 3]),
      'choice of numbers': () => random.choice(key, 7, [2], { replace: false }),
      dirichlet: (p) => random.dirichlet(key, p, [4]),
      doubleSidedMaxwell: (p) => random.doubleSidedMaxwell(key, p, 1),
      exponential: () => random.exponential(key, [2]),
      gamma: (p) => random.gamma(key, p),
      gumbel: () => random.gumbel(key, [2]),
      laplace: () => random.laplace(key, [2]),
      logistic: () => random.logistic(key, [2]),
      multivariateNormal: (p) => random.multivariateNormal(key, p, tf.eye(2), [6]),
      normal: () => random.normal(random.foldIn(key, tf.scalar(3, 'int32')), [2, 3]),
      permutation: (p) => random.permutation(key, p),
      'permutation of numbers': () => random.permutation(key, 6),
      poisson: (p) => random.poisson(key, p),
      rademacher: () => random.rademacher(key, [2]),
      randint: () => random.randint(key, [2], 0, 9),
      truncatedNormal: (p) => random.truncatedNormal(key, tf.neg(p), p),
      uniform: (p) => random.uniform(key, [3, 2], { minval: p }),
    };
    const drawn: string[] = [];
    const p = tf.tensor1d([0.5, 0.25]);
    const of = (f: (p: tf.Tensor) => tf.Tensor) => hk.evalShape((x: tf.Tensor) => f(tf.mul(x, 1)), p);
    for (const [name, sampler] of Object.entries(samplers)) {
      const real = tf.tidy(() => {
        const { shape, dtype } = sampler(p);
        return { shape, dtype };
      });
      const observer: RandomObserver = ({ name: operation }, _, run) => (drawn.push(operation), run());
      expect(
        observeRandom(observer, () => of(sampler)),
        name,
      ).to.deep.equal(real);
    }
    expect(drawn).to.deep.equal([]);
    p.dispose();
  });

  it('knows a ResNet50 without making one', () => {
    const model = hk.transformWithState((x: tf.Tensor4D) => new hk.nets.ResNet50(1000).call(x, true));
    const spec = { shape: [1, 224, 224, 3], dtype: 'float32' } as const;
    const before = tf.memory().numBytes;
    const [params] = hk.evalShape(model.init, 42, spec);
    const sizes = countsOf(params);
    expect(sizes.reduce((a, b) => a + b, 0)).to.equal(25557032);
    expect(tf.memory().numBytes).to.equal(before);
  });

  it('discards names, state and keys inside a transform', () => {
    @hk.module()
    class Net extends hk.Module {
      call(x: tf.Tensor): tf.Tensor {
        hk.setState('n', tf.add(hk.getState('n', [], { init: hk.initializers.constant(0) }), 1));
        hk.nextRngKey();
        return tf.matMul(x, hk.getParameter('w', [2, 3], { init: hk.initializers.randomNormal() }));
      }
    }
    const model = hk.transformWithState((x: tf.Tensor) => {
      const shape = hk.evalShape(() => new Net().call(x));
      return [shape, hk.nextRngKey(), Object.keys(hk.getParams()), new Net().moduleName] as const;
    });
    const x = tf.ones([1, 2]);
    const [params, state] = model.init(1, x);
    expect(Object.keys(params), 'nothing made in it persists').to.deep.equal([]);
    expect(state).to.deep.equal({});
    const given = { net: { w: tf.ones([2, 3]) } };
    const [[shape, key, names, name], after] = model.apply(given, {}, 3, x);
    expect(shape).to.deep.equal({ shape: [1, 3], dtype: 'float32' });
    expect(key).to.deep.equal(new hk.PRNGSequence(3).nextKey());
    expect([names, name]).to.deep.equal([['net'], 'net']);
    expect(after).to.deep.equal({});
    hk.tree.dispose(given);
    x.dispose();
  });

  it('makes nothing that a loop around it would count as new in each step', () => {
    const input = tf.scalar(1);
    const model = hk.transformWithState((y: tf.Tensor) =>
      hk.foriLoop(
        0,
        3,
        (_, z: tf.Tensor) => {
          hk.evalShape(() => [hk.getParameter('w', [], one), hk.getState('n', [], one)]);
          return tf.add(z, 1);
        },
        y,
      ),
    );
    expect(model.init(null, input)).to.deep.equal([{}, {}]);
    input.dispose();
  });

  it('can read constants, but nothing that would have to be computed, and cleans up', () => {
    expect(hk.evalShape(() => tf.zeros([tf.scalar(3).dataSync()[0]]))).to.deep.equal({
      shape: [3],
      dtype: 'float32',
    });
    const x = tf.scalar(2);
    expect(errorCode(() => hk.evalShape((a: tf.Tensor) => tf.square(a).dataSync(), x))).to.equal(
      'shape-without-value',
    );
    const y = tf.square(x);
    expect(values(y), 'the backend is back').to.deep.equal([4]);
    const gradient = hk.grad((a: tf.Tensor) => {
      expect(hk.evalShape((b: tf.Tensor) => tf.stack([b, b]), a).shape).to.deep.equal([2]);
      return tf.square(a);
    })(x);
    expect(values(gradient)).to.deep.equal([4]);
    hk.tree.dispose([x, y, gradient]);
  });
});

function countsOf(specs: unknown): number[] {
  const counts: number[] = [];
  const visit = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    if ('dtype' in node) counts.push((node as hk.ShapeDtype).shape.reduce((a, b) => a * b, 1));
    else Object.values(node).forEach(visit);
  };
  visit(specs);
  return counts;
}

describe('evalShape where values decide', () => {
  const x = (): tf.Tensor => tf.zeros([2]);

  it('runs all branches, which must agree', () => {
    const input = x();
    const shape = (f: (y: tf.Tensor) => unknown): unknown => hk.evalShape(f, input);
    const two = { shape: [2], dtype: 'float32' };
    expect(
      shape((y) =>
        hk.cond(
          tf.less(tf.sum(y), 0),
          (z: tf.Tensor) => z,
          (z: tf.Tensor) => tf.neg(z),
          y,
        ),
      ),
    ).to.deep.equal(two);
    expect(
      shape((y) => hk.switch(tf.argMax(y), [(z: tf.Tensor) => z, (z: tf.Tensor) => tf.neg(z)], y)),
    ).to.deep.equal(two);
    expect(
      errorCode(() =>
        shape((y) =>
          hk.cond(
            tf.less(tf.sum(y), 0),
            (z: tf.Tensor) => z,
            (z: tf.Tensor) => tf.sum(z),
            y,
          ),
        ),
      ),
    ).to.equal('branch-mismatch');
    input.dispose();
  });

  it('makes the parameters of all branches in init', () => {
    const input = x();
    const model = hk.transform((y: tf.Tensor) => {
      const layer = new hk.Linear(2);
      return hk.cond(
        tf.less(tf.sum(y), 0),
        (z: tf.Tensor) => layer.call(z),
        (z: tf.Tensor) => tf.neg(layer.call(z)),
        y,
      );
    });
    expect(Object.keys(hk.evalShape(model.init, null, input))).to.deep.equal(['linear']);
    input.dispose();
  });

  it('runs one step of a loop', () => {
    const input = x();
    const shape = (f: (y: tf.Tensor) => unknown): unknown => hk.evalShape(f, input);
    const two = { shape: [2], dtype: 'float32' };
    expect(
      shape((y) =>
        hk.whileLoop(
          (z: tf.Tensor) => tf.less(tf.sum(z), 9),
          (z: tf.Tensor) => tf.add(z, 1),
          y,
        ),
      ),
    ).to.deep.equal(two);
    expect(shape((y) => hk.foriLoop(0, tf.sum(y), (_, z: tf.Tensor) => tf.add(z, 1), y))).to.deep.equal(two);
    expect(
      errorCode(() =>
        shape((y) =>
          hk.whileLoop(
            (z: tf.Tensor) => tf.less(tf.sum(z), 9),
            (z: tf.Tensor) => tf.concat([z, z]),
            y,
          ),
        ),
      ),
    ).to.equal('loop-carry');
    input.dispose();
  });
});
