import { gather, ones, slice, sum, tensor, tidy, zeros, type Tensor } from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import * as hk from '../../src/index.js';
import { expectBits, expectClose } from '../support/compare.js';
import { makeInput } from './descriptors/inputs.js';

const wInit = () => hk.initializers.varianceScaling({ scale: 2 });

describe('MultiHeadAttention', () => {
  for (const { shape, keyShape, modelSize, expected } of [
    { shape: [3, 4, 5], keyShape: [3, 2, 6], modelSize: undefined, expected: [3, 4, 12] },
    { shape: [4, 5], keyShape: [2, 6], modelSize: 7, expected: [4, 7] },
    { shape: [2, 3, 4, 5], keyShape: [2, 3, 2, 6], modelSize: 7, expected: [2, 3, 4, 7] },
  ]) {
    it(`gives ${JSON.stringify(expected)} for queries ${JSON.stringify(shape)}`, () => {
      const model = hk.transform((query: Tensor, key: Tensor) =>
        new hk.MultiHeadAttention(3, 4, { wInit: wInit(), modelSize }).call(query, key, key),
      );
      const [query, key] = [makeInput({ shape }, 0), makeInput({ shape: keyShape }, 1)];
      const params = model.init(42, query, key);
      const y = model.apply(params, null, query, key);
      expect(y.shape).to.deep.equal(expected);
      hk.tree.dispose([query, key, params, y]);
    });
  }

  it('has a bias in every projection or in none', () => {
    const x = ones([2, 3]);
    for (const withBias of [true, false]) {
      const params = hk
        .transform(() => new hk.MultiHeadAttention(2, 2, { wInit: wInit(), withBias }).call(x, x, x))
        .init(42);
      const names = Object.values(params).map((entries) => Object.keys(entries));
      expect(names).to.deep.equal(Array(4).fill(withBias ? ['w', 'b'] : ['w']));
      hk.tree.dispose(params);
    }
    x.dispose();
  });

  it('does not see what the mask hides', () => {
    const model = hk.transform((x: Tensor, y: Tensor, mask: Tensor) =>
      new hk.MultiHeadAttention(2, 3, { wInit: wInit() }).call(x, y, y, mask),
    );
    const x = makeInput({ shape: [2, 3, 4] }, 0);
    const y = makeInput({ shape: [2, 5, 4] }, 1);
    const mask = tensor([1, 1, 1, 0, 0], [1, 1, 1, 5], 'bool');
    const params = model.init(42, x, y, mask);
    const short = slice(y, [0, 0, 0], [2, 3, 4]);
    const all = ones([1, 1, 1, 1], 'bool');
    const hidden = model.apply(params, null, x, y, mask);
    const absent = model.apply(params, null, x, short, all);
    expectClose(hidden, absent.dataSync(), 1e-6);
    hk.tree.dispose([x, y, mask, params, short, all, hidden, absent]);
  });

  it('returns its weights, which sum to 1 and which dropout leaves alone', () => {
    const model = hk.transform((x: Tensor, dropoutRate: number) =>
      new hk.MultiHeadAttention(2, 3, { wInit: wInit() }).call(x, x, x, hk.causalMask(x), {
        returnWeights: true,
        dropoutRate,
      }),
    );
    const x = makeInput({ shape: [2, 4, 5] }, 0);
    const params = model.init(42, x, 0);
    const [plain, weights] = model.apply(params, null, x, 0);
    const [dropped, same] = model.apply(params, hk.random.key(7), x, 0.5);
    expect(weights.shape).to.deep.equal([2, 2, 4, 4]);
    tidy(() => {
      expectClose(sum(weights, -1), new Float32Array(16).fill(1), 1e-6);
    });
    expectBits(same, weights.dataSync());
    expect([...dropped.dataSync()]).not.to.deep.equal([...plain.dataSync()]);
    expect(() => model.apply(params, null, x, 0.5))
      .to.throw(hk.TankaError)
      .with.property('code', 'rng-missing');
    hk.tree.dispose([x, params, plain, weights, dropped, same]);
  });

  it('draws its dropout from a key of its own when one is given', () => {
    const model = hk.transform((x: Tensor, seed: number) =>
      new hk.MultiHeadAttention(2, 3, { wInit: wInit() }).call(x, x, x, null, {
        dropoutRate: 0.5,
        rng: hk.random.key(seed),
      }),
    );
    const x = makeInput({ shape: [2, 4, 5] }, 0);
    const params = model.init(42, x, 1);
    const [first, again, other] = [1, 1, 2].map((seed) => model.apply(params, null, x, seed));
    expectBits(again, first.dataSync());
    expect([...other.dataSync()]).not.to.deep.equal([...first.dataSync()]);
    hk.tree.dispose([x, params, first, again, other]);
  });
});

describe('causalMask', () => {
  it('lets queries look at keys up to their own place', () => {
    const [query, key] = [zeros([2, 2, 7]), zeros([2, 3, 7])];
    const masks = [hk.causalMask(query), hk.causalMask(query, key)];
    expect(masks.map(({ dtype }) => dtype)).to.deep.equal(['bool', 'bool']);
    expect(masks[0].arraySync()).to.deep.equal([
      [
        [
          [1, 0],
          [1, 1],
        ],
      ],
    ]);
    expect(masks[1].arraySync()).to.deep.equal([
      [
        [
          [1, 0, 0],
          [1, 1, 0],
        ],
      ],
    ]);
    hk.tree.dispose([masks, query, key]);
  });

  it('keeps later places from changing earlier outputs', () => {
    const model = hk.transform((x: Tensor) =>
      new hk.MultiHeadAttention(2, 3, { wInit: wInit() }).call(x, x, x, hk.causalMask(x)),
    );
    const x = makeInput({ shape: [1, 4, 5] }, 0);
    const start = slice(x, [0, 0, 0], [1, 2, 5]);
    const params = model.init(42, x);
    const [whole, part] = [model.apply(params, null, x), model.apply(params, null, start)];
    tidy(() => {
      expectClose(slice(whole, [0, 0, 0], [1, 2, 6]), part.dataSync(), 1e-6);
    });
    hk.tree.dispose([x, start, params, whole, part]);
  });
});

describe('Embed', () => {
  const matrix = [
    [1, 2],
    [3, 4],
    [5, 6],
  ];

  for (const lookupStyle of ['ARRAY_INDEX', 'ONE_HOT'] as const) {
    for (const shape of [[4], [2, 2], [2, 1, 2]]) {
      it(`looks up ids ${JSON.stringify(shape)} by ${lookupStyle}`, () => {
        const model = hk.transform((ids: Tensor) =>
          new hk.Embed({ embeddingMatrix: matrix, lookupStyle }).call(ids),
        );
        const ids = tensor([2, 0, 1, 2], shape, 'int32');
        const params = model.init(42, ids);
        const y = model.apply(params, null, ids);
        expect(y.shape).to.deep.equal([...shape, 2]);
        expect([...y.dataSync()]).to.deep.equal([5, 6, 1, 2, 3, 4, 5, 6]);
        hk.tree.dispose([ids, params, y]);
      });
    }
  }

  it('counts ids below 0 from the end and moves ids out of range to the nearest row', () => {
    const model = hk.transform((ids: Tensor, lookupStyle: hk.EmbedLookupStyle) =>
      new hk.Embed({ embeddingMatrix: matrix }).call(ids, { lookupStyle }),
    );
    const ids = tensor([-1, -3, -4, -100, 3, 100], [6], 'int32');
    const params = model.init(42, ids, 'ARRAY_INDEX');
    const rows = model.apply(params, null, ids, 'ARRAY_INDEX');
    const products = model.apply(params, null, ids, 'ONE_HOT');
    expect(rows.arraySync()).to.deep.equal([
      matrix[2],
      matrix[0],
      matrix[0],
      matrix[0],
      matrix[2],
      matrix[2],
    ]);
    expect(products.arraySync()).to.deep.equal(Array(6).fill([0, 0]));
    hk.tree.dispose([ids, params, rows, products]);
  });

  it('takes a tensor as its matrix, which stays the caller’s', () => {
    const embeddingMatrix = tensor(matrix);
    const params = hk
      .transform(() => {
        const embed = new hk.Embed({ embeddingMatrix });
        return gather(embed.embeddings, [0]);
      })
      .init(42);
    expect(params.embed.embeddings.arraySync()).to.deep.equal(matrix);
    hk.tree.dispose(params);
    expect(embeddingMatrix.isDisposed).to.equal(false);
    embeddingMatrix.dispose();
  });
});
