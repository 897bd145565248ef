import { tensor2d } from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import { onEachBackend } from '../support/backends.js';
import { expectTanka } from '../support/errors.js';
import { building } from './building.js';
import { inputs } from './inputs.js';
import { saving } from './saving.js';
import { signatures } from './signatures.js';
import { state } from './state.js';
import { records, type Cases } from './support.js';

const cases: Cases = { ...signatures, ...building, ...state, ...inputs, ...saving };

describe("Keras' errors", () => {
  it('are all accounted for', () => {
    expect(Object.keys(cases).sort()).to.deep.equal(records.map(({ id }) => id).sort());
  });
});

onEachBackend("what Keras' records say", () => {
  for (const { id, message = '' } of records) {
    const entry = cases[id];
    it(`${id}: ${'throws' in entry ? entry.throws : 'works'}`, async () => {
      const x = tensor2d([1, 1, 1, 1, 1, 1], [2, 3]);
      try {
        if ('works' in entry) {
          await entry.works(x);
        } else {
          const error = expectTanka(entry.throws, () => entry.when(x));
          if (entry.sameText) expect(error.message).to.include(message);
        }
      } finally {
        x.dispose();
      }
    });
  }
});
