import { readFileSync } from 'node:fs';
import { argMax, matMul, ones, reshape, sum, type Tensor, type Tensor2D } from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { expect } from 'chai';
import * as hk from '../../src/index.js';
import { JaxLayer, signature } from '../../src/wrapper/index.js';

interface OutputRow {
  readonly case: string;
  readonly in_shape: (number | null)[];
  readonly in_dtype: 'float32' | 'int32';
  readonly out: unknown;
}

const tables = JSON.parse(
  readFileSync(new URL('../goldens/wrapper/tables.json', import.meta.url), 'utf8'),
) as {
  seed_sequences: Record<string, number[][]>;
  output_spec: OutputRow[];
};

const functions: Record<string, (x: Tensor) => unknown> = {
  'identity (None,4)': (x) => x,
  'identity int32': (x) => x,
  'matmul 4->7': (x) => matMul(x as Tensor2D, ones([4, 7])),
  'flatten (None,None,4)': (x) => reshape(x, [x.shape[0], -1]),
  'reshape (-1,4)': (x) => reshape(x, [-1, 4]),
  'sum all': (x) => sum(x),
  'xT x': (x) => matMul(x as Tensor2D, x as Tensor2D, true),
  'argmax int': (x) => argMax(x, 1),
  'dict out': (x) => ({ a: [sum(x, 1, true)], b: x }),
  'static batch 5': (x) => x,
  'scalar input': (x) => x,
};

describe("Keras' tables", () => {
  for (const [seed, keys] of Object.entries(tables.seed_sequences)) {
    it(`keys of seed ${seed}`, () => {
      const seen: number[][] = [];
      const callFn = signature(['rng', 'inputs'], (rng: hk.PRNGKey | null, x: Tensor) => {
        if (rng !== null) seen.push([...rng]);
        return x;
      });
      const layer = new JaxLayer({ callFn, seed: Number(seed) });
      const x = ones([1, 1]);
      keys.forEach(() => layer.apply(x, { training: true }).dispose());
      expect(seen).to.deep.equal(keys);
      x.dispose();
    });
  }

  for (const row of tables.output_spec) {
    it(`output of ${row.case}`, () => {
      const input = tfl.input({ batchShape: row.in_shape, dtype: row.in_dtype });
      const output = new JaxLayer({ callFn: signature(['inputs'], functions[row.case]) }).apply<unknown>(
        input,
      );
      const specs = hk.tree.map(
        ({ shape, dtype }: tfl.SymbolicTensor) => ({ shape, dtype }),
        output as never,
      );
      expect(specs).to.deep.equal(row.out);
    });
  }
});
