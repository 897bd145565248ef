import { Tensor, tensor } from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import {
  observeRandom,
  type RandomInputs,
  type RandomObserver,
  type RandomOperation,
} from '../../src/backend/recordable.js';
import * as hk from '../../src/index.js';
import { expectBits } from '../support/compare.js';

const { random } = hk;

interface Record {
  readonly operation: RandomOperation<unknown, unknown>;
  readonly inputs: RandomInputs<unknown>;
  readonly result: unknown;
}

/** Runs `f` and lists the random operations it ran. */
function record<R>(f: () => R): [R, Record[]] {
  const records: Record[] = [];
  const observer: RandomObserver = (operation, inputs, run) => {
    const result = run();
    records.push({ operation: operation as Record['operation'], inputs, result });
    return result;
  };
  return [observeRandom(observer, f), records];
}

function replay({ operation, inputs }: Record, keys: readonly hk.PRNGKey[]): unknown {
  return operation.run({ ...inputs, keys });
}

let logits: Tensor;

const samplers: ((key: hk.PRNGKey) => Tensor)[] = [
  (key) => random.uniform(key, [3], { minval: -1 }),
  (key) => random.normal(key, [5000]),
  (key) => random.truncatedNormal(key, -1, 1, [3]),
  (key) => random.bernoulli(key, 0.5, [30]),
  (key) => random.randint(key, [3], 0, 100),
  (key) => random.permutation(key, 9),
  (key) => random.choice(key, 9, [4], { replace: false }),
  (key) => random.categorical(key, logits, { shape: [8] }),
  (key) => random.gumbel(key, [3]),
  (key) => random.exponential(key, [3]),
  (key) => random.laplace(key, [3]),
  (key) => random.logistic(key, [3]),
  (key) => random.cauchy(key, [3]),
  (key) => random.rademacher(key, [30]),
  (key) => random.gamma(key, 0.5, [3]),
  (key) => random.beta(key, 0.5, 2, [3]),
  (key) => random.poisson(key, 20, [3]),
  (key) => random.ball(key, 3),
  (key) => random.doubleSidedMaxwell(key, 0, 1, [3]),
];

describe('recordable random operations', () => {
  before(() => {
    logits = tensor([0, 1, 2]);
  });
  after(() => logits.dispose());

  it('see all that a sampler needs: run with another key, they give what that key gives', () => {
    const [a, b] = random.split(random.key(1));
    for (const draw of samplers) {
      const [sample, records] = record(() => draw(a));
      expect(records).to.have.length(1);
      expect(records[0].inputs.keys).to.deep.equal([a]);
      const again = replay(records[0], [b]) as Tensor;
      const direct = draw(b);
      expect(again.shape).to.deep.equal(direct.shape);
      expectBits(again, direct.dataSync());
      for (const made of [sample, again, direct]) made.dispose();
    }
  });

  it('keep the scheme that was in force', () => {
    const key = random.key(3);
    const [sample, [seen]] = hk.config.context({ threefryPartitionable: false }, () =>
      record(() => random.uniform(key, [4])),
    );
    const again = replay(seen, [key]) as Tensor;
    expectBits(again, sample.dataSync());
    const other = random.uniform(key, [4]);
    expect([...other.dataSync()]).not.to.deep.equal([...again.dataSync()]);
    for (const made of [sample, again, other]) made.dispose();
  });

  it('have tensors as inputs', () => {
    const p = tensor([0, 1, 0]);
    const q = tensor([1, 0, 1]);
    const key = random.key(1);
    const [sample, [seen]] = record(() => random.bernoulli(key, p));
    expect([...sample.dataSync()]).to.deep.equal([0, 1, 0]);
    const again = seen.operation.run({ ...seen.inputs, tensors: [q] }) as Tensor;
    expect([...again.dataSync()]).to.deep.equal([1, 0, 1]);
    for (const made of [p, q, sample, again]) made.dispose();
  });

  it('are linked by the keys they make, in a sequence too', () => {
    const start = random.key(5);
    const [, records] = record(() => {
      const sequence = new hk.PRNGSequence(start);
      sequence.nextKey();
      return random.foldIn(sequence.nextKey(), 3);
    });
    expect(records.map(({ operation }) => operation.name)).to.deep.equal(['split', 'split', 'foldIn']);
    const [first, second, third] = records;
    expect(first.inputs.keys[0]).to.equal(start);
    expect(second.inputs.keys[0]).to.equal((first.result as hk.PRNGKey[])[0]);
    expect(third.inputs.keys[0]).to.equal((second.result as hk.PRNGKey[])[1]);
  });

  it('show attributes that are plain data', () => {
    for (const draw of samplers) {
      const [sample, [seen]] = record(() => draw(random.key(2)));
      sample.dispose();
      expect(JSON.parse(JSON.stringify(seen.inputs.attributes))).to.deep.equal(seen.inputs.attributes);
    }
    const [, [seen]] = record(() => random.key(7));
    expect(seen.operation.name).to.equal('key');
    expect(seen.inputs.attributes).to.deep.equal({ seed: 7 });
  });

  it('cover the initializers', () => {
    const names = [
      () => hk.initializers.randomNormal(),
      () => hk.initializers.truncatedNormal(),
      () => hk.initializers.randomUniform(),
      () => hk.initializers.orthogonal(),
    ].map((make) => {
      const f = hk.transform(() => make()([2, 3], 'float32'));
      const [value, records] = record(() => f.apply({}, random.key(1)));
      value.dispose();
      return records.map(({ operation }) => operation.name);
    });
    expect(names).to.deep.equal([
      ['key', 'split', 'normal'],
      ['key', 'split', 'truncatedNormal'],
      ['key', 'split', 'uniform'],
      ['key', 'split', 'orthonormal'],
    ]);
  });

  it('are no longer observed after the function, and when it throws', () => {
    let seen = 0;
    const observer: RandomObserver = (_operation, _inputs, run) => {
      seen++;
      return run();
    };
    expect(() =>
      observeRandom(observer, () => {
        random.split(random.key(1));
        throw new RangeError('stop');
      }),
    ).to.throw(RangeError);
    random.split(random.key(1));
    expect(seen).to.equal(2);
  });
});
