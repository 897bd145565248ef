import { expect } from 'chai';
import { fuzzCheckpoints } from './fuzz.js';
import { golden } from './support.js';

describe('20,000 mutations of checkpoint files', function () {
  this.timeout(300_000);
  const files: Record<string, number> = {
    'haiku.safetensors': 8000,
    'haiku.npz': 5000,
    'haiku-compressed.npz': 4000,
    'fortran.npy': 3000,
  };
  for (const [file, count] of Object.entries(files)) {
    it(`of ${file} load or are refused, and leave nothing behind`, () => {
      const { failures, loaded, refused } = fuzzCheckpoints(file, golden(file), count, 20260101);
      expect(failures).to.deep.equal([]);
      // A fuzzer that changes too little or too much tests nothing.
      expect(loaded).to.be.greaterThan(0);
      expect(refused['checkpoint-corrupt']).to.be.greaterThan(count / 10);
    });
  }
});
