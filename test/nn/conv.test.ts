import {
  grads,
  memory,
  mul,
  ones,
  sum,
  tensor,
  tidy,
  transpose,
  type Tensor,
  type Tensor4D,
} from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import * as hk from '../../src/index.js';

type Expect<T extends true> = T;
type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

const allOnes = { wInit: hk.initializers.constant(1), bInit: hk.initializers.constant(1) };

/** Init and apply in one go. */
function run(f: (x: Tensor) => Tensor, x: Tensor): Tensor {
  return tidy(() => {
    const model = hk.transform(f);
    return model.apply(model.init(42, x), null, x);
  });
}

function nested(f: (x: Tensor) => Tensor, shape: number[]): unknown {
  return tidy(() => run(f, ones(shape)).arraySync());
}

describe('convolutions of ones', () => {
  it('count the cells of each window: one dimension', () => {
    const y = nested((x) => new hk.Conv1D(1, 3, { ...allOnes, withBias: false }).call(x), [1, 5, 1]);
    expect((y as number[][][])[0].flat()).to.deep.equal([2, 3, 3, 3, 2]);
  });

  it('count the cells of each window: two dimensions', () => {
    const y = nested((x) => new hk.Conv2D(1, 3, { ...allOnes, withBias: false }).call(x), [1, 5, 5, 1]);
    expect((y as number[][][][])[0].map((row) => row.flat())).to.deep.equal([
      [4, 6, 6, 6, 4],
      [6, 9, 9, 9, 6],
      [6, 9, 9, 9, 6],
      [6, 9, 9, 9, 6],
      [4, 6, 6, 6, 4],
    ]);
  });

  it('count the cells of each window: three dimensions, with the bias', () => {
    const y = nested((x) => new hk.Conv3D(1, 3, allOnes).call(x), [1, 5, 5, 5, 1]) as number[][][][][];
    expect([y[0][2][2][2][0], y[0][0][2][2][0], y[0][0][0][2][0], y[0][0][0][0][0]]).to.deep.equal([
      28, 19, 13, 9,
    ]);
  });

  it('count what reaches each output of a transposed convolution', () => {
    const layer = (padding: 'SAME' | 'VALID') => (x: Tensor) =>
      new hk.Conv1DTranspose(1, 3, { ...allOnes, padding, withBias: false }).call(x);
    expect((nested(layer('SAME'), [1, 3, 1]) as number[][][])[0].flat()).to.deep.equal([2, 3, 2]);
    expect((nested(layer('VALID'), [1, 3, 1]) as number[][][])[0].flat()).to.deep.equal([1, 2, 3, 2, 1]);
  });
});

describe('transposed convolutions of a given output shape', () => {
  const shapes = [
    { input: 10, output: 20, kernel: 5, stride: 2, padding: 'SAME' },
    { input: 10, output: 19, kernel: 5, stride: 2, padding: 'SAME' },
    { input: 10, output: 23, kernel: 5, stride: 2, padding: 'VALID' },
    { input: 11, output: 77, kernel: 4, stride: 7, padding: 'SAME' },
    { input: 4, output: 20, kernel: 2, stride: 5, padding: 'SAME' },
  ] as const;
  for (const { input, output, kernel, stride, padding } of shapes) {
    it(`${input} to ${output} by kernel ${kernel} and stride ${stride}, ${padding}`, () => {
      const x = ones([2, input, 3]);
      const y = run(
        (xs) => new hk.Conv1DTranspose(4, kernel, { stride, padding, outputShape: output }).call(xs),
        x,
      );
      expect(y.shape).to.deep.equal([2, output, 4]);
      hk.tree.dispose([x, y]);
    });
  }
});

describe('options of convolutions', () => {
  it('ask a padding function once a dimension in init and in apply, with the holes of the window', () => {
    const asked: number[] = [];
    const padding = (size: number) => {
      asked.push(size);
      return hk.pad.same(size);
    };
    const x = ones([1, 9, 9, 1]);
    run((xs) => new hk.Conv2D(1, [3, 2], { rate: [2, 3], padding }).call(xs), x).dispose();
    x.dispose();
    expect(asked).to.deep.equal([5, 4, 5, 4]);
  });

  it('keep groups apart: no gradient reaches the channels of another group', () => {
    tidy(() => {
      const x = ones([1, 5, 5, 4]);
      const model = hk.transform((xs: Tensor) => new hk.Conv2D(4, 3, { featureGroupCount: 2 }).call(xs));
      const params = model.init(42, x);
      const firstGroup = tensor([1, 1, 0, 0]);
      const [gradient] = grads((xs: Tensor) => sum(mul(model.apply(params, null, xs), firstGroup)))([x]);
      const byChannel = sum(mul(gradient, gradient), [0, 1, 2]).dataSync();
      expect([...byChannel].map((value) => value > 0)).to.deep.equal([true, true, false, false]);
    });
  });

  it('use weights of one layout for both data formats', () => {
    tidy(() => {
      const x = mul(ones([2, 5, 4, 3]), tensor([1, 2, 3]));
      const last = hk.transform((xs: Tensor) =>
        new hk.Conv2D(2, 3, { name: 'conv', withBias: false }).call(xs),
      );
      const first = hk.transform((xs: Tensor) =>
        new hk.Conv2D(2, 3, { name: 'conv', withBias: false, dataFormat: 'NCHW' }).call(xs),
      );
      const params = last.init(42, x);
      const expected = last.apply(params, null, x).arraySync();
      const actual = transpose(first.apply(params, null, transpose(x, [0, 3, 1, 2])), [0, 2, 3, 1]);
      expect(actual.arraySync()).to.deep.equal(expected);
    });
  });

  it('give empty outputs where no window fits, and parameters all the same', () => {
    const x = ones([2, 3, 5, 1]);
    const model = hk.transform((xs: Tensor) => new hk.Conv2D(2, 4, { padding: 'VALID' }).call(xs));
    const params = model.init(42, x);
    const y = model.apply(params, null, x);
    expect(y.shape).to.deep.equal([2, 0, 2, 2]);
    expect(params.conv2_d.w.shape).to.deep.equal([4, 4, 1, 2]);
    hk.tree.dispose([x, params, y]);
  });

  it('free everything in init and apply', () => {
    const x = ones([2, 6, 6, 4]);
    const model = hk.transform((xs: Tensor) =>
      new hk.Conv2D(4, 3, { featureGroupCount: 2, rate: 2 }).call(xs),
    );
    const params = model.init(42, x);
    const before = memory().numTensors;
    model.apply(params, null, x).dispose();
    expect(memory().numTensors).to.equal(before);
    hk.tree.dispose([x, params]);
  });
});

describe('depthwise convolutions', () => {
  it('see one channel each, and put the outputs of a channel side by side', () => {
    const x = tidy(() => mul(ones([1, 4, 4, 2]), tensor([1, 10])));
    const y = run((xs) => new hk.DepthwiseConv2D(2, 3, { ...allOnes, padding: 'VALID' }).call(xs), x);
    expect([...y.dataSync().slice(0, 4)]).to.deep.equal([10, 10, 91, 91]);
    hk.tree.dispose([x, y]);
  });

  it('have a bias for channels first in any number of dimensions', () => {
    const shapes: [name: 'DepthwiseConv1D' | 'DepthwiseConv3D', input: number[], bias: number[]][] = [
      ['DepthwiseConv1D', [2, 3, 5], [6, 1]],
      ['DepthwiseConv3D', [2, 3, 4, 3, 2], [6, 1, 1, 1]],
    ];
    for (const [name, input, bias] of shapes) {
      const x = ones(input);
      const dataFormat = input.length === 3 ? 'NCW' : 'NCDHW';
      const model = hk.transform((xs: Tensor) => new hk[name](2, 2, { ...allOnes, dataFormat }).call(xs));
      const params = model.init(42, x);
      const y = model.apply(params, null, x);
      expect(hk.tree.leaves(params)[0].shape).to.deep.equal(bias);
      expect(y.shape).to.deep.equal([2, 6, ...input.slice(2)]);
      hk.tree.dispose([x, params, y]);
    }
  });
});

describe('types of convolutions, norms and pools', () => {
  it('keep the rank of the input', () => {
    const build = (x: Tensor4D) => {
      const norm = new hk.LayerNorm({ axis: -1, createScale: true, createOffset: true });
      return hk.maxPool(norm.call(new hk.Conv2D(3, 2).call(x)), 2, 2, 'SAME');
    };
    type Kept = Expect<Equal<ReturnType<typeof build>, Tensor4D>>;
    const kept: Kept = true;
    expect(kept).to.equal(true);
    const x = ones<Tensor4D['rankType']>([1, 4, 4, 2]);
    const y = run((xs) => build(xs as Tensor4D), x);
    expect(y.shape).to.deep.equal([1, 2, 2, 3]);
    hk.tree.dispose([x, y]);
  });
});
