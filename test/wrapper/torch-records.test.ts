import { readFileSync } from 'node:fs';
import { concat, ones, randomNormal, scalar, type Tensor } from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { expect } from 'chai';
import * as hk from '../../src/index.js';
import { registerSerializable, TorchModuleWrapper, type TorchModule } from '../../src/wrapper/index.js';
import { onEachBackend } from './support/backends.js';
import { expectTanka } from './support/errors.js';
import { BatchNorm1d, Linear, ReLU, Sequential, valuesOf } from './support/torch-modules.js';

const { errors, facts } = JSON.parse(
  readFileSync(new URL('../goldens/wrapper/torch_manifest.json', import.meta.url), 'utf8'),
) as {
  errors: { id: string; raises: boolean; message?: string }[];
  facts: {
    built_after_ctor: boolean;
    state_dict_keys: string[];
    weights: { shape: number[]; trainable: boolean }[];
    trainable: number;
    variable_shares_storage: boolean;
    'module.training after training=False': boolean;
  };
};

class Registered extends Linear {
  constructor() {
    super(4, 8);
  }
}
registerSerializable('torch-records>Registered', Registered);

/** Makes a layer of a module, hands it over, frees it. */
function using(module: TorchModule, use: (layer: TorchModuleWrapper) => void, options: object = {}): void {
  const layer = new TorchModuleWrapper({ module, name: 'tw', ...options });
  try {
    use(layer);
  } finally {
    layer.dispose();
  }
}

function shapeOf(options: object): (number | null)[] {
  let shape: (number | null)[] = [];
  using(
    new Linear(4, 8),
    (layer) => {
      ({ shape } = layer.apply(tfl.input({ shape: [4] })));
    },
    options,
  );
  return shape;
}

/** What happens here where Keras did what the record says. */
const records: Record<string, () => void> = {
  // Keras has no shape to give; here it is inferred.
  symbolic_without_output_shape: () => expect(shapeOf({})).to.deep.equal([null, 8]),
  symbolic_with_output_shape: () => expect(shapeOf({ outputShape: [null, 8] })).to.deep.equal([null, 8]),
  // Taken as it is, but checked when the layer runs.
  symbolic_with_wrong_output_shape: () => {
    expect(shapeOf({ outputShape: [null, 99] })).to.deep.equal([null, 99]);
    const x = ones([1, 4]);
    using(new Linear(4, 8), (layer) => expectTanka('wrapper-output-shape', () => layer.apply(x)), {
      outputShape: [null, 99],
    });
    x.dispose();
  },
  lazy_uninitialised: () => {
    const lazy = { ...bare(), namedParameters: () => [['weight', undefined]] };
    const error = expectTanka(
      'wrapper-module-invalid',
      () => new TorchModuleWrapper({ module: lazy as never }),
    );
    expect(error.message).to.include('LazyModules are not supported unless they are already initialized.');
  },
  lazy_initialised: () => {
    using(new Linear(4, 8), (layer) => expect(layer.weights).to.have.length(2));
  },
  not_a_module: () => {
    expectTanka(
      'wrapper-module-invalid',
      () => new TorchModuleWrapper({ module: ((x: unknown) => x) as never }),
    );
  },
  frozen_param_requires_grad_false: () => {
    const linear = new Linear(4, 8);
    linear.bias.trainable = false;
    using(linear, (layer) =>
      expect(layer.weights.map(({ trainable }) => trainable)).to.deep.equal([true, false]),
    );
  },
  get_config_keys: () => {
    // The name of the class, and no pickle.
    using(new Registered(), (layer) =>
      expect(layer.getConfig()).to.deep.equal({
        name: 'tw',
        trainable: true,
        module: { name: 'torch-records>Registered' },
        inputs: null,
        outputShape: null,
      }),
    );
  },
  from_config_default: () => {
    expectTanka('wrapper-function-unregistered', () =>
      TorchModuleWrapper.fromConfig(TorchModuleWrapper as never, { module: { name: 'gASVcAAAAAAAAA==' } }),
    );
  },
  from_config_safe_mode_false: () => {
    using(new Registered(), (layer) => {
      const again = TorchModuleWrapper.fromConfig(
        TorchModuleWrapper as never,
        layer.getConfig(),
      ) as unknown as TorchModuleWrapper;
      expect(again.built).to.equal(true);
      again.dispose();
    });
  },
  multiple_args_kwargs: () => {
    const module = { ...bare(), forward: (a: Tensor, b: Tensor) => concat([a, b], 1) };
    const values = [ones([6, 2]), ones([6, 3])];
    using(module, (layer) => {
      const output = layer.apply(values);
      expect(output.shape).to.deep.equal([6, 5]);
      output.dispose();
    });
    hk.tree.dispose(values);
  },
  // Nothing intercepts the assignment of attributes in JavaScript: a module is wrapped where that is written.
  autowrap_in_model: () => {
    const model = tfl.sequential({ layers: [tfl.layers.inputLayer({ inputShape: [4] })] });
    model.add(new TorchModuleWrapper({ module: new Linear(4, 8) }));
    expect(model.layers[1].getClassName()).to.equal('TorchModuleWrapper');
    model.dispose();
  },
  // Buffers are weights here.
  get_set_weights_excludes_buffers: () => {
    const module = net();
    using(module, (layer) => {
      expect(layer.getWeights()).to.have.length(9);
      const values = layer.getWeights().map((weight) => weight.clone());
      layer.setWeights(values);
      hk.tree.dispose(values);
    });
  },
  load_own_variables_missing_key: () => {
    const weight = ones([8, 4]);
    using(new Linear(4, 8), (layer) => {
      const error = expectTanka('wrapper-weights-mismatch', () => layer.loadStateDict({ weight }));
      expect(error.message).to.include('Missing key(s) in state_dict: "bias".');
    });
    weight.dispose();
  },
  trainable_false_still_trains_bn_stats: () => {
    const x = randomNormal([4, 5]);
    const module = net();
    using(
      module,
      (layer) => {
        layer.apply(x, { training: true }).dispose();
        expect(valuesOf(module)['1.num_batches_tracked']).to.deep.equal([1]);
      },
      { trainable: false },
    );
    x.dispose();
  },
};

function bare(): TorchModule {
  const one = scalar(1);
  one.dispose();
  return { forward: () => one, namedParameters: () => [], namedBuffers: () => [], train: () => undefined };
}

/** The network of the records. */
function net(): Sequential {
  return new Sequential(new Linear(5, 8), new BatchNorm1d(8), new ReLU(), new Linear(8, 3));
}

describe("Keras' records of its layer for torch", () => {
  it('are all accounted for', () => {
    expect(Object.keys(records).sort()).to.deep.equal(errors.map(({ id }) => id).sort());
  });
});

onEachBackend("Keras' records of its layer for torch", () => {
  for (const { id } of errors) it(id, () => records[id]());

  it('facts of a layer of Linear, BatchNorm1d, ReLU, Linear', () => {
    const module = net();
    using(module, (layer) => {
      expect(layer.built).to.equal(facts.built_after_ctor);
      expect(layer.trainableWeights).to.have.length(facts.trainable);
      expect(layer.trainableWeights.map(({ shape }) => shape)).to.deep.equal(
        facts.weights.map(({ shape }) => shape),
      );
      expect(layer.weights[0].read() === (module.parts[0] as Linear).weight).to.equal(
        facts.variable_shares_storage,
      );
      const dict = layer.stateDict();
      expect(Object.keys(dict).sort()).to.deep.equal([...facts.state_dict_keys].sort());
      const x = randomNormal([4, 5]);
      layer.apply(x, { training: false }).dispose();
      expect((module.parts[1] as BatchNorm1d).training).to.equal(
        facts['module.training after training=False'],
      );
      hk.tree.dispose([dict, x]);
    });
  });
});
