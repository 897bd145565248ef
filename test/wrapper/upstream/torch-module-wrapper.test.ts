import { randomNormal, train, type Tensor } from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { expect } from 'chai';
import * as hk from '../../../src/index.js';
import {
  layerTorchModuleWrapper,
  registerSerializable,
  TorchModuleWrapper,
} from '../../../src/wrapper/index.js';
import { onEachBackend } from '../support/backends.js';
import { expectTanka } from '../support/errors.js';
import { disposeAll, modelOf } from '../support/fit.js';
import { layerOfClass, reload, saved } from '../support/reload.js';
import { BatchNorm1d, Linear, ReLU, Sequential, valuesOf } from '../support/torch-modules.js';

/** Linear layers, normalised or not: what the parametrised tests are about. */
class Net extends Sequential {
  constructor(inputs = 6, outputs = 4, normalised = false) {
    super(new Linear(inputs, outputs), ...(normalised ? [new BatchNorm1d(outputs)] : []), new ReLU());
  }
}
class Plain extends Net {}
class Normalised extends Net {
  constructor(inputs = 6, outputs = 4) {
    super(inputs, outputs, true);
  }
}
class PlainSecond extends Net {
  constructor() {
    super(4, 3);
  }
}
class NormalisedSecond extends Net {
  constructor() {
    super(4, 3, true);
  }
}
for (const cls of [Plain, Normalised, PlainSecond, NormalisedSecond]) {
  registerSerializable(`upstream>${cls.name}`, cls);
}

interface Variant {
  readonly normalised: boolean;
  readonly wrappers: 1 | 2;
}
const variants: readonly Variant[] = [
  { normalised: false, wrappers: 1 },
  { normalised: false, wrappers: 2 },
  { normalised: true, wrappers: 1 },
  { normalised: true, wrappers: 2 },
];
const called = ({ normalised, wrappers }: Variant): string =>
  `${wrappers === 1 ? 'one module' : 'two modules'}${normalised ? ', normalised' : ''}`;

/** One or two wrapped modules in a sequential model. */
function modelOfModules({ normalised, wrappers }: Variant): tfl.Sequential {
  const model = tfl.sequential({ layers: [tfl.layers.inputLayer({ inputShape: [6] })] });
  layerTorchModuleWrapper(model, { module: normalised ? new Normalised() : new Plain() });
  if (wrappers === 2) {
    layerTorchModuleWrapper(model, { module: normalised ? new NormalisedSecond() : new PlainSecond() });
  }
  return model;
}

/** A layer that keeps wrapped modules as its own, as Keras makes one of what is assigned to an attribute. */
class Owner extends tfl.layers.Layer {
  static readonly className = 'Owner';
  readonly first: TorchModuleWrapper;

  constructor(module: Net) {
    super({});
    this.first = new TorchModuleWrapper({ module });
  }

  override call(inputs: Tensor | Tensor[], { training }: { training?: boolean }): Tensor {
    return this.first.apply(Array.isArray(inputs) ? inputs[0] : inputs, { training });
  }
}

async function fitOnce(model: tfl.LayersModel, optimizer = train.sgd(0.01)): Promise<void> {
  const [x, y] = [randomNormal([8, 6]), randomNormal([8, model.outputs[0].shape[1]!])];
  model.compile({ optimizer, loss: 'meanSquaredError' });
  await model.fit(x, y, { batchSize: 4, epochs: 1 });
  hk.tree.dispose([x, y]);
  optimizer.dispose();
}

function weightsOf(model: tfl.LayersModel): number[][] {
  return model.getWeights().map((weight) => [...weight.dataSync()]);
}

/** Equal weights, buffers among them, and so an equal evaluation. */
function expectSameModels(a: tfl.LayersModel, b: tfl.LayersModel): void {
  expect(weightsOf(a)).to.deep.equal(weightsOf(b));
  const optimizer = train.sgd(0.01);
  const [x, y] = [randomNormal([5, 6]), randomNormal([5, a.outputs[0].shape[1]!])];
  const losses = [a, b].map((model) => {
    model.compile({ optimizer, loss: 'meanSquaredError' });
    const loss = model.evaluate(x, y) as Tensor;
    const value = loss.dataSync()[0];
    loss.dispose();
    return value;
  });
  expect(losses[0]).to.equal(losses[1]);
  hk.tree.dispose([x, y]);
  optimizer.dispose();
}

onEachBackend("Keras' own tests of its layer for torch", () => {
  ([1, 2] as const).forEach((wrappers, i) => {
    it(`${1 + i} usage of ${called({ normalised: false, wrappers })}: weights, fit`, async () => {
      const model = modelOfModules({ normalised: false, wrappers });
      expect(model.trainableWeights).to.have.length(2 * wrappers);
      const before = weightsOf(model);
      await fitOnce(model);
      weightsOf(model).forEach((values, weight) => {
        expect(values).not.to.deep.equal(before[weight]);
      });
      model.dispose();
    });
  });

  ([1, 2] as const).forEach((wrappers, i) => {
    it(`${3 + i} training moves the statistics of ${called({ normalised: true, wrappers })}, running does not`, () => {
      const model = modelOfModules({ normalised: true, wrappers });
      const x = randomNormal([8, 6]);
      const means = (): number[][] =>
        model.layers
          .slice(1)
          .map((layer) => valuesOf((layer as unknown as TorchModuleWrapper).module)['1.running_mean']);
      const before = means();
      (model.apply(x, { training: false }) as Tensor).dispose();
      expect(means()).to.deep.equal(before);
      // Keras trains where training is not said.
      (model.apply(x) as Tensor).dispose();
      expect(means()).to.deep.equal(before);
      (model.apply(x, { training: true }) as Tensor).dispose();
      means().forEach((mean, layer) => {
        expect(mean).not.to.deep.equal(before[layer]);
      });
      x.dispose();
      model.dispose();
    });
  });

  it('5 a module within a layer: nothing wraps it unasked, its wrapper runs as it does alone', () => {
    const owner = new Owner(new Normalised());
    const x = randomNormal([4, 6]);
    const [whole, alone] = [owner.apply(x) as Tensor, owner.first.apply(x)];
    expect([...whole.dataSync()]).to.deep.equal([...alone.dataSync()]);
    expect(owner.first.weights).to.have.length(7);
    hk.tree.dispose([x, whole, alone]);
    owner.first.dispose();
  });

  it('6 loading weights into a module within a layer', () => {
    const [a, b] = [new Owner(new Normalised()), new Owner(new Normalised())];
    const x = randomNormal([4, 6]);
    (a.apply(x, { training: true }) as Tensor).dispose();
    const dict = a.first.stateDict();
    b.first.loadStateDict(dict);
    expect(valuesOf(b.first.module)).to.deep.equal(valuesOf(a.first.module));
    hk.tree.dispose([dict, x]);
    for (const { first } of [a, b]) first.dispose();
  });

  it('7 serializing the wrapper of a module within a layer', () => {
    const owner = new Owner(new Normalised());
    const again = TorchModuleWrapper.fromConfig(
      TorchModuleWrapper as never,
      owner.first.getConfig(),
    ) as unknown as TorchModuleWrapper;
    const dict = owner.first.stateDict();
    again.loadStateDict(dict);
    expect(valuesOf(again.module)).to.deep.equal(valuesOf(owner.first.module));
    hk.tree.dispose(dict);
    again.dispose();
    owner.first.dispose();
  });

  variants.forEach((variant, i) => {
    it(`${8 + i} weights of ${called(variant)}, saved and loaded by name`, async () => {
      const [model, other] = [modelOfModules(variant), modelOfModules(variant)];
      await fitOnce(model);
      model.layers.slice(1).forEach((layer, part) => {
        const dict = (layer as unknown as TorchModuleWrapper).stateDict();
        (other.layers[part + 1] as unknown as TorchModuleWrapper).loadStateDict(dict);
        hk.tree.dispose(dict);
      });
      expectSameModels(model, other);
      for (const each of [model, other]) each.dispose();
    });
  });

  variants.forEach((variant, i) => {
    it(`${12 + i} a model of ${called(variant)}, saved and loaded`, async () => {
      const model = modelOfModules(variant);
      await fitOnce(model);
      const loaded = await reload(model);
      expectSameModels(model, loaded);
      for (const each of [model, loaded]) each.dispose();
    });
  });

  it('16 from its config', () => {
    const layer = new TorchModuleWrapper({ module: new Plain(), name: 'tw', outputShape: [null, 4] });
    const again = TorchModuleWrapper.fromConfig(
      TorchModuleWrapper as never,
      layer.getConfig(),
    ) as unknown as TorchModuleWrapper;
    expect(again.module).to.be.instanceOf(Plain);
    expect(again.getConfig()).to.deep.equal(layer.getConfig());
    for (const each of [layer, again]) each.dispose();
  });

  it('17 a config never runs code: a module without a name is neither saved nor loaded', () => {
    const layer = new TorchModuleWrapper({ module: new Net() });
    expectTanka('wrapper-function-unregistered', () => layer.getConfig());
    expectTanka('wrapper-function-unregistered', () =>
      TorchModuleWrapper.fromConfig(TorchModuleWrapper as never, { module: { name: 'new Net()' } }),
    );
    layer.dispose();
  });

  it('18 a functional model, with the shape of the output given and without', () => {
    for (const options of [{ outputShape: [null, 5] }, {}]) {
      const input = tfl.input({ shape: [6] });
      const output = layerTorchModuleWrapper(input, { module: new Net(6, 5), ...options });
      const model = tfl.model({ inputs: input, outputs: output });
      expect(model.outputs[0].shape).to.deep.equal([null, 5]);
      const x = randomNormal([5, 6]);
      const y = model.predict(x) as Tensor;
      expect(y.shape).to.deep.equal([5, 5]);
      hk.tree.dispose([x, y]);
      model.dispose();
    }
  });

  it('19 saving a model of a module without a name says how to give it one', async () => {
    const model = modelOf(new TorchModuleWrapper({ module: new Net() }), [6]);
    let thrown: unknown;
    try {
      await saved(model);
    } catch (error) {
      thrown = error;
    }
    const error = expectTanka('wrapper-function-unregistered', () => {
      throw thrown as Error;
    });
    expect(error.message).to.include('registerSerializable');
    model.dispose();
  });

  it('20 a module registered by its class is made anew, and gives the same outputs', async () => {
    const optimizer = train.sgd(0.01);
    const module = new Normalised();
    const model = modelOf(new TorchModuleWrapper({ module }), [6]);
    await fitOnce(model);
    const loaded = await reload(model);
    const again = layerOfClass(loaded, TorchModuleWrapper);
    expect(again.module).not.to.equal(module);
    expect(valuesOf(again.module)).to.deep.equal(valuesOf(module));
    const x = randomNormal([3, 6]);
    const [a, b] = [model.predict(x) as Tensor, loaded.predict(x) as Tensor];
    expect([...a.dataSync()]).to.deep.equal([...b.dataSync()]);
    hk.tree.dispose([x, a, b]);
    loaded.dispose();
    disposeAll(model, optimizer);
  });
});
