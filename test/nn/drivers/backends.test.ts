import { ready, setBackend, type Tensor } from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import * as hk from '../../../src/index.js';
import { expectClose } from '../../support/compare.js';
import { tolerances } from '../../support/tolerances.js';
import { casesOf, descriptors } from '../descriptors/index.js';
import { backends, withRun } from './run.js';

interface Leaf {
  path: string;
  shape: number[];
  dtype: string;
  values: Float32Array | Int32Array | Uint8Array;
}

function leavesOf(tree: unknown): Leaf[] {
  return hk.tree.leavesWithPath(tree as hk.tree.Tree<Tensor>).map(({ path, leaf }) => ({
    path: path.join('/'),
    shape: leaf.shape,
    dtype: leaf.dtype,
    values: leaf.dataSync().slice(),
  }));
}

describe('layers give the same on WASM and on the CPU backend', () => {
  afterEach(async () => {
    await setBackend('wasm');
  });

  for (const descriptor of descriptors) {
    for (const layerCase of casesOf(descriptor)) {
      it(layerCase.id, async () => {
        const results: Leaf[][] = [];
        for (const backend of ['cpu', 'wasm']) {
          await setBackend(backend);
          await ready();
          results.push(
            withRun(layerCase, ({ params, state, output, newState }) =>
              leavesOf({ params, state, output, newState }),
            ),
          );
        }
        const [cpu, wasm] = results;
        expect(wasm.map(({ path, shape, dtype }) => [path, shape, dtype])).to.deep.equal(
          cpu.map(({ path, shape, dtype }) => [path, shape, dtype]),
        );
        wasm.forEach(({ values, path }, i) => {
          const ofState = /^(state|newState)\//.test(path) ? descriptor.stateTolerance : undefined;
          // Each of the two may differ from the truth by its tolerance.
          const allowed = backends.reduce(
            (total, backend) => total + (ofState?.(layerCase.id, backend) ?? tolerances.output),
            0,
          );
          expectClose(values, cpu[i].values, allowed, path);
        });
      });
    }
  }
});
