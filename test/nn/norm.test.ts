import {
  add,
  mean,
  moments,
  mul,
  ones,
  randomNormal,
  reshape,
  tensor,
  tidy,
  transpose,
  type Tensor,
} from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import * as hk from '../../src/index.js';
import { expectClose } from '../support/compare.js';

type Stateful = (x: Tensor, isTraining: boolean) => Tensor;

/** Values that do not repeat, with mean 5 and deviation 3. */
function sample(shape: number[]): Tensor {
  return tidy(() => add(mul(randomNormal(shape, 0, 1, 'float32', 7), 3), 5));
}

describe('BatchNorm', () => {
  const norm: Stateful = (x, isTraining) =>
    new hk.BatchNorm({ createScale: true, createOffset: true, decayRate: 0.9 }).call(x, isTraining);

  it('normalizes a batch in training, and by the averages of many batches afterwards', () => {
    tidy(() => {
      const x = sample([200, 3]);
      const model = hk.transformWithState(norm);
      const [params, first] = model.init(42, x, true);
      let state = first;
      let y = x;
      for (let step = 0; step < 20; step++) [y, state] = model.apply(params, state, null, x, true);
      const trained = moments(y, 0);
      expectClose(trained.mean, new Float32Array(3), 1e-3, 'mean');
      expectClose(trained.variance, new Float32Array(3).fill(1), 1e-3, 'variance');
      const [evaluated, after] = model.apply(params, state, null, x, false);
      expectClose(evaluated, y.dataSync(), 2e-2, 'evaluation');
      expect(after['batch_norm/~/mean_ema'].counter.dataSync()[0]).to.equal(20);
    });
  });

  it('starts with the statistics of the first batch as averages, and nothing in the sums', () => {
    tidy(() => {
      const [params, state] = hk.transformWithState(norm).init(
        42,
        tensor([
          [1, 2],
          [3, 6],
        ]),
        true,
      );
      expect(Object.keys(params.batch_norm)).to.deep.equal(['scale', 'offset']);
      const entries = state['batch_norm/~/mean_ema'];
      expect(Object.keys(entries)).to.deep.equal(['counter', 'hidden', 'average']);
      expect(entries.counter.dtype).to.equal('int32');
      expect([...entries.hidden.dataSync()]).to.deep.equal([0, 0]);
      expectClose(entries.average, Float32Array.of(2, 4), 1e-6);
    });
  });

  it('scales and offsets as told at the call', () => {
    tidy(() => {
      const model = hk.transformWithState((x: Tensor) =>
        new hk.BatchNorm({ createScale: false, createOffset: false, decayRate: 0.9 }).call(x, true, {
          scale: tensor(0.5),
          offset: tensor(2),
        }),
      );
      const x = ones([8, 2, 2, 3]);
      const [params, state] = model.init(42, x);
      const [y] = model.apply(params, state, null, x);
      expect(Object.keys(params)).to.deep.equal([]);
      expectClose(y, new Float32Array(96).fill(2), 1e-6);
    });
  });
});

describe('layer norms', () => {
  const axes: [axis: hk.AxisOrAxes, paramAxis: hk.AxisOrAxes | undefined, shape: number[]][] = [
    [1, undefined, [5]],
    [[1, 2], undefined, [5]],
    [{ start: 1 }, undefined, [5]],
    [-1, -1, [5]],
    [
      [1, 2, 3],
      [1, 2, 3],
      [1, 3, 4, 5],
    ],
    [{ start: 1 }, { start: 1 }, [1, 3, 4, 5]],
    [-1, 1, [1, 3, 1, 1]],
    [-1, [-2, 0], [2, 1, 4, 1]],
    [-1, { step: 2 }, [2, 1, 4, 1]],
    [-1, { start: -1, stop: 0, step: -2 }, [1, 3, 1, 5]],
  ];
  for (const [axis, paramAxis, shape] of axes) {
    it(`axis ${JSON.stringify(axis)}, paramAxis ${JSON.stringify(paramAxis)}: parameters [${String(shape)}]`, () => {
      const x = ones([2, 3, 4, 5]);
      const shared = { axis, ...(paramAxis !== undefined && { paramAxis }) };
      const layer = hk.transform((xs: Tensor) =>
        new hk.LayerNorm({ ...shared, createScale: true, createOffset: true }).call(xs),
      );
      const rms = hk.transform((xs: Tensor) => new hk.RMSNorm(shared).call(xs));
      const made = [layer.init(null, x), rms.init(null, x)];
      expect(made[0].layer_norm.scale.shape).to.deep.equal(shape);
      expect(made[0].layer_norm.offset.shape).to.deep.equal(shape);
      expect(made[1].rms_norm.scale.shape).to.deep.equal(shape);
      hk.tree.dispose([x, made]);
    });
  }

  it('equal their formula with an exact variance where the mean is large', () => {
    tidy(() => {
      const x = add(sample([4, 6]), 4000);
      const model = hk.transform((xs: Tensor) =>
        new hk.LayerNorm({ axis: -1, createScale: true, createOffset: true }).call(xs),
      );
      const y = model.apply(model.init(null, x), null, x);
      const values = x.arraySync() as number[][];
      const expected = values.flatMap((row) => {
        const centre = row.reduce((a, b) => a + b, 0) / row.length;
        const variance = row.reduce((a, b) => a + (b - centre) ** 2, 0) / row.length;
        return row.map((value) => (value - centre) / Math.sqrt(variance + 1e-5));
      });
      expectClose(y, Float32Array.from(expected), 1e-3);
    });
  });

  const firsts: [name: string, build: (dataFormat: string) => { call(x: Tensor): Tensor }][] = [
    [
      'InstanceNorm',
      (dataFormat) => new hk.InstanceNorm({ createScale: true, createOffset: true, dataFormat }),
    ],
    ['GroupNorm', (dataFormat) => new hk.GroupNorm(2, { dataFormat })],
  ];
  for (const [name, build] of firsts) {
    for (const shape of [
      [2, 5, 4],
      [2, 3, 5, 4],
      [2, 3, 2, 5, 4],
    ]) {
      it(`${name} gives the same with channels first: rank ${shape.length}`, () => {
        tidy(() => {
          const run = (dataFormat: string, x: Tensor): Tensor => {
            const model = hk.transform((xs: Tensor) => build(dataFormat).call(xs));
            return model.apply(model.init(null, x), null, x);
          };
          const x = sample(shape);
          const axes = [...shape.keys()];
          const toFirst = [0, shape.length - 1, ...axes.slice(1, -1)];
          const toLast = [0, ...axes.slice(2), 1];
          const expected = run('channels_last', x);
          const actual = transpose(run('channels_first', transpose(x, toFirst)), toLast);
          expectClose(actual, expected.dataSync(), 1e-6);
        });
      });
    }
  }

  it('GroupNorm of one group normalizes the whole example, of as many as channels each channel', () => {
    tidy(() => {
      const x = sample([2, 5, 4]);
      const run = (groups: number): Tensor => {
        const model = hk.transform((xs: Tensor) => new hk.GroupNorm(groups).call(xs));
        return model.apply(model.init(null, x), null, x);
      };
      expectClose(mean(run(1), [1, 2]), new Float32Array(2), 1e-3);
      expectClose(reshape(mean(run(4), 1), [8]), new Float32Array(8), 1e-3);
    });
  });
});

describe('ExponentialMovingAverage', () => {
  it('corrects its start: 1, 2, 3 with decay 0.9', () => {
    const model = hk.transformWithState((x: number) => new hk.ExponentialMovingAverage(0.9).call(x));
    const [params, first] = model.init(null, 1);
    let state = first;
    const averages = [1, 2, 3].map((value) => {
      const [average, next] = model.apply(params, state, null, value);
      hk.tree.dispose(state);
      state = next;
      const [number] = average.dataSync();
      average.dispose();
      return number;
    });
    hk.tree.dispose(state);
    expectClose(Float32Array.from(averages), Float32Array.of(1, 1.5263158082962036, 2.070110321044922), 1e-6);
  });

  it('is the last value with decay 0 and during its warm-up, and then decays', () => {
    const values = (decay: number, options: hk.ExponentialMovingAverageOptions, xs: number[]): number[] => {
      const model = hk.transformWithState((x: number) =>
        new hk.ExponentialMovingAverage(decay, options).call(x),
      );
      return tidy(() => {
        let [, state] = model.init(null, 0);
        return xs.map((x) => {
          const [average, next] = model.apply({}, state, null, x);
          state = next;
          return average.dataSync()[0];
        }) as never;
      });
    };
    expect(values(0, {}, [3, 6])).to.deep.equal([3, 6]);
    expect(values(0.5, { zeroDebias: false, warmupLength: 1 }, [3, 6, 5])).to.deep.equal([3, 4.5, 4.75]);
  });

  it('keeps its state without updateStats, and when initialized again', () => {
    tidy(() => {
      const model = hk.transformWithState((x: Tensor, updateStats: boolean) => {
        const average = new hk.ExponentialMovingAverage(0.5);
        average.initialize(x.shape);
        const result = average.call(x, { updateStats });
        average.initialize(x.shape);
        return [result, average.average];
      });
      const x = tensor([4, 8]);
      const [, state] = model.init(null, x, true);
      const [[frozen], same] = model.apply({}, state, null, x, false);
      const [[moved, kept], next] = model.apply({}, state, null, x, true);
      expectClose(frozen, Float32Array.of(4, 8), 1e-6);
      expectClose(same.exponential_moving_average.average, Float32Array.of(0, 0), 0);
      expect(same.exponential_moving_average.counter.dataSync()[0]).to.equal(0);
      expectClose(kept, moved.dataSync(), 0);
      expect(next.exponential_moving_average.counter.dataSync()[0]).to.equal(1);
    });
  });
});

describe('trees of parameters', () => {
  it('are averaged under the names of their parameters, which may be left out', () => {
    tidy(() => {
      const params = { 'mlp/~/linear_0': { w: tensor([2]) }, other: { b: tensor([4]) } };
      const model = hk.transformWithState((tree: hk.Params) =>
        new hk.EMAParamsTree(0.5, { zeroDebias: false, ignoreRegex: 'oth' }).call(tree),
      );
      const [, state] = model.init(null, params);
      const [averages] = model.apply({}, state, null, params);
      expect(Object.keys(state)).to.deep.equal(['ema_params_tree/mlp___tilde___linear_0__w']);
      expect(averages['mlp/~/linear_0'].w.dataSync()[0]).to.equal(1);
      expect(averages.other.b.dataSync()[0]).to.equal(4);
    });
  });

  it('are divided by their largest singular values, each under its own name', () => {
    tidy(() => {
      const params = {
        'mlp/~/linear_0': {
          w: mul(
            4,
            tensor([
              [1, 0],
              [0, 1],
            ]),
          ),
          b: tensor([1, 2]),
        },
      };
      const model = hk.transformWithState((tree: hk.Params) =>
        new hk.SNParamsTree({ ignoreRegex: '[^?!.]*b$', nSteps: 5, eps: 1e-12 }).call(tree),
      );
      const [, state] = model.init(42, params);
      const [normalized, next] = model.apply({}, state, null, params);
      expect(Object.keys(state)).to.deep.equal(['sn_params_tree/mlp___tilde__linear_0__w']);
      expectClose(normalized['mlp/~/linear_0'].w, Float32Array.of(1, 0, 0, 1), 1e-5);
      expect([...normalized['mlp/~/linear_0'].b.dataSync()]).to.deep.equal([1, 2]);
      expectClose(next['sn_params_tree/mlp___tilde__linear_0__w'].sigma, Float32Array.of(4), 1e-5);
    });
  });

  it('SpectralNorm has a sigma of 1 before any update', () => {
    const model = hk.transformWithState((x: Tensor) => {
      const norm = new hk.SpectralNorm();
      norm.call(x, { updateStats: false });
      return norm.sigma;
    });
    tidy(() => {
      const x = mul(4, ones([3, 3]));
      const [params, state] = model.init(42, x);
      expect(model.apply(params, state, null, x)[0].dataSync()[0]).to.equal(1);
    });
  });

  it('WeightNorm starts with the weights it is given, and keeps the lengths it has learnt', () => {
    tidy(() => {
      const v = sample([5, 3]);
      const model = hk.transform((x: Tensor) => new hk.WeightNorm().call(x));
      const params = model.init(null, v);
      expectClose(model.apply(params, null, v), v.dataSync(), 1e-6);
      expectClose(model.apply(params, null, mul(v, 3)), v.dataSync(), 1e-6);
      expect(params.weight_norm.scale.shape).to.deep.equal([1, 3]);
    });
  });
});
