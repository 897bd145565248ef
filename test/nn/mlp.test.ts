import { ones, relu, tanh, type Tensor } from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import * as hk from '../../src/index.js';
import { expectBits } from '../support/compare.js';

/** Runs `f` in init and frees the parameters; returns what `f` returned. */
function inInit<R>(f: (x: Tensor) => R): R {
  let result: R | undefined;
  const x = ones([3, 5]);
  const params = hk
    .transform((input: Tensor): null => {
      result = f(input);
      return null;
    })
    .init(42, x);
  hk.tree.dispose([params, x]);
  return result as R;
}

describe('nets.MLP', () => {
  for (const { sizes, activateFinal, expected } of [
    { sizes: [4], activateFinal: false, expected: 0 },
    { sizes: [4], activateFinal: true, expected: 1 },
    { sizes: [4, 3, 2], activateFinal: false, expected: 2 },
    { sizes: [4, 3, 2], activateFinal: true, expected: 3 },
    { sizes: [], activateFinal: true, expected: 0 },
  ]) {
    it(`activates ${expected} times: sizes [${String(sizes)}], activateFinal ${String(activateFinal)}`, () => {
      const calls = inInit((x) => {
        let count = 0;
        const activation = (y: Tensor) => {
          count++;
          return relu(y);
        };
        new hk.nets.MLP(sizes, { activation, activateFinal }).call(x);
        return count;
      });
      expect(calls).to.equal(expected);
    });
  }

  it('knows its layers and its output size', () => {
    const { names, outputSize, empty } = inInit(() => {
      const mlp = new hk.nets.MLP([4, 3, 1]);
      return {
        names: mlp.layers.map(String),
        outputSize: mlp.outputSize,
        empty: new hk.nets.MLP([]).outputSize,
      };
    });
    expect(names[2]).to.match(/^Linear\(\{ outputSize: 1, name: .linear_2. \}\)$/);
    expect(outputSize).to.equal(1);
    expect(empty).to.equal(undefined);
  });

  it('reverses sizes and options under a name of its own', () => {
    const reversed = inInit((x) => {
      const mlp = new hk.nets.MLP([4, 3], { activation: tanh, withBias: false, name: 'encoder' });
      mlp.call(x);
      const back = mlp.reverse({ activateFinal: true });
      const named = mlp.reverse({ name: 'decoder' });
      return {
        sizes: back.layers.map(({ outputSize }) => outputSize),
        name: back.moduleName,
        other: named.moduleName,
        shown: String(back),
      };
    });
    expect(reversed.sizes).to.deep.equal([4, 5]);
    expect(reversed.name).to.equal('encoder/~reverse/encoder_reversed');
    expect(reversed.other).to.equal('encoder/~reverse/decoder');
    expect(reversed.shown).to.include('activateFinal: true').and.to.include('withBias: false');
  });

  it('drops values before the activation, with keys of a sequence from rng', () => {
    const key = hk.random.key(7);
    const model = hk.transform((x: Tensor) =>
      new hk.nets.MLP([6, 5, 4]).call(x, { dropoutRate: 0.5, rng: key }),
    );
    const byHand = hk.transform((x: Tensor) => {
      const mlp = new hk.nets.MLP([6, 5, 4]);
      const [first, second] = chain(key);
      const h = relu(hk.dropout(first, 0.5, mlp.layers[0].call(x)));
      const g = relu(hk.dropout(second, 0.5, mlp.layers[1].call(h)));
      return mlp.layers[2].call(g);
    });
    const x = ones([3, 5]);
    const params = model.init(42, x);
    const results = [model.apply(params, null, x), byHand.apply(params, null, x)];
    expectBits(results[0], results[1].dataSync());
    hk.tree.dispose([results, params, x]);
  });
});

/** The first two keys of a sequence: each is the second half of a split of what the one before left. */
function chain(key: hk.PRNGKey): [hk.PRNGKey, hk.PRNGKey] {
  const [rest, first] = hk.random.split(key);
  const [, second] = hk.random.split(rest);
  return [first, second];
}
