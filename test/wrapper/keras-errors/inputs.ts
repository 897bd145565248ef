import { add, matMul, mul, ones, type Tensor, type Tensor2D } from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { expect } from 'chai';
import * as hk from '../../../src/index.js';
import { layerJaxModelWrapper } from '../../../src/wrapper/index.js';
import { make, named, records, run, type Cases } from './support.js';

export const inputs: Cases = {
  'inputs.python_list': {
    throws: 'wrapper-inputs-invalid',
    when: () => run({ callFn: named(['inputs'], (inputs: Tensor) => inputs) }, [1, 2]),
  },
  'inputs.str': {
    throws: 'wrapper-inputs-invalid',
    when: () => run({ callFn: named(['inputs'], (inputs: Tensor) => inputs) }, 'abc'),
  },
  'inputs.mixed_struct': {
    throws: 'wrapper-inputs-invalid',
    when: (x) => run({ callFn: named(['inputs'], (inputs: Tensor) => inputs) }, [x, 3]),
  },
  'inputs.two_positional': {
    throws: 'wrapper-inputs-invalid',
    when: (x) => make({ callFn: named(['inputs'], (inputs: Tensor) => inputs) }).apply(x, x as never),
  },
  'inputs.unknown_kw': {
    throws: 'wrapper-inputs-invalid',
    when: (x) =>
      make({ callFn: named(['inputs'], (inputs: Tensor) => inputs) }).apply(x, { foo: 1 } as never),
  },
  'inputs.none_in_struct_ok': {
    works: (x) => run({ callFn: named(['inputs'], ([first]: [Tensor, null]) => first) }, [x, null]),
  },
  'inputs.shape_change_after_build': {
    works: (x) => {
      const callFn = named(['params', 'inputs'], (params: { w: Tensor2D }, inputs: Tensor2D) =>
        matMul(inputs, params.w),
      );
      const initFn = named(['rng', 'inputs'], (_rng: unknown, inputs: Tensor2D) => ({
        w: ones([inputs.shape[1], 2]),
      }));
      const wide = ones([2, 4]);
      run({ callFn, initFn }, x, (_output, layer) => {
        expect(() => layer.apply(wide)).to.throw(/inner (shapes|dimensions)/i);
      });
      wide.dispose();
    },
  },
  'rng.haiku_uses_rng_in_inference': {
    throws: 'rng-missing',
    when: (x) => {
      const { apply } = hk.transform((inputs: Tensor2D) =>
        mul(inputs, hk.random.uniform(hk.nextRngKey(), inputs.shape)),
      );
      run({ callFn: apply, params: {} }, x);
    },
  },
  'rng.split_none_in_inference': {
    works: (x) => {
      const callFn = named(
        ['params', 'rng', 'inputs', 'training'],
        (_p: unknown, rng: hk.PRNGKey | null, inputs: Tensor) => {
          expect(hk.random.split(rng)).to.deep.equal([null, null]);
          return inputs;
        },
      );
      run({ callFn, params: {} }, x);
    },
  },
  'haiku.stateful_under_hk_transform': {
    throws: 'state-not-empty',
    when: (x) => {
      const { init, apply } = hk.transform((inputs: Tensor2D) =>
        mul(inputs, hk.getState('s', [], { init: () => ones([]) })),
      );
      run({ callFn: apply, initFn: init }, x);
    },
  },
  'haiku.embed_init_gets_float': {
    works: () => {
      const seen: string[] = [];
      const callFn = named(['params', 'inputs'], (_p: unknown, inputs: Tensor) => inputs);
      const initFn = named(['rng', 'inputs'], (_rng: unknown, inputs: Tensor) => {
        seen.push(inputs.dtype);
        return {};
      });
      const layer = make({ callFn, initFn });
      layer.apply(tfl.input({ shape: [4], dtype: 'int32' }));
      expect(seen).to.deep.equal(['int32']);
      layer.dispose();
    },
  },
  'symbolic.data_dependent_shape': {
    works: () => {
      // Shapes are inferred by running, so that a branch on a size is no obstacle.
      const callFn = named(['inputs'], (inputs: Tensor) => ((inputs.shape[0] ?? 0) > 3 ? inputs : inputs));
      const layer = make({ callFn });
      expect(layer.apply(tfl.input({ shape: [4] })).shape).to.deep.equal([null, 4]);
      layer.dispose();
    },
  },
  'mask.warns': {
    works: () => {
      const warnings: string[] = [];
      const warn = console.warn;
      console.warn = (text: string) => warnings.push(text);
      const values = ones([2, 3, 4]);
      try {
        const input = tfl.input({ shape: [3, 4] });
        const masked = tfl.layers.masking().apply(input) as tfl.SymbolicTensor;
        const output = layerJaxModelWrapper(masked, {
          callFn: named(['inputs'], (i: Tensor) => add(i, 0)),
          name: 'jax_layer_81',
        });
        const model = tfl.model({ inputs: input, outputs: output });
        hk.tree.dispose([model.predict(values), model.predict(values)]);
      } finally {
        console.warn = warn;
        values.dispose();
      }
      const expected = records.find(({ id }) => id === 'mask.warns')?.warnings?.map(({ message }) => message);
      expect(warnings).to.deep.equal(expected);
    },
  },
};
