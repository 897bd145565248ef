import { memory } from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import * as hk from '../../../src/index.js';
import { moduleInfo } from '../../../src/module/registry.js';
import { findClass } from '../descriptors/build.js';
import type { LayerCase, LayerDescriptor, Refusal } from '../descriptors/descriptor.js';
import { descriptors } from '../descriptors/index.js';
import { makeInputs } from '../descriptors/inputs.js';
import { modelOf } from './run.js';

function thrownBy(f: () => unknown): unknown {
  try {
    f();
  } catch (error) {
    return error;
  }
  return undefined;
}

function testRefusal({ layer }: LayerDescriptor, refusal: Refusal): void {
  it(`${layer} refuses ${refusal.what}`, () => {
    const layerCase: LayerCase = { id: layer, run: refusal.run, inputs: () => makeInputs(refusal.inputs) };
    const model = modelOf(layerCase);
    const inputs = layerCase.inputs();
    const initInputs = makeInputs(refusal.initInputs ?? []);
    const made = refusal.initInputs === undefined ? undefined : model.init(42, ...initInputs);
    const before = memory().numTensors;
    const error = thrownBy(() => {
      hk.tree.dispose(made === undefined ? model.init(42, ...inputs) : model.apply(...made, 42, ...inputs));
    });
    const leaked = memory().numTensors - before;
    const shapes = inputs.map(({ shape }) => shape.join(', '));
    hk.tree.dispose([inputs, initInputs, made]);

    expect(error, 'it was not refused').to.be.instanceOf(hk.TankaError);
    const { code, message } = error as hk.TankaError;
    expect(code, message).to.equal(refusal.code);
    expect(message, 'the name of the layer').to.include(moduleInfo(findClass(hk, layer))?.name);
    if (/^(input-(rank|shape|dtype))$/.test(code)) {
      const named = shapes.some((shape) => message.includes(`[${shape}]`));
      expect(named, `a shape of the inputs in: ${message}`).to.equal(true);
    }
    for (const part of refusal.says ?? []) {
      if (typeof part === 'string') expect(message).to.include(part);
      else expect(message).to.match(part);
    }
    expect(leaked, 'tensors left').to.equal(0);
  });
}

describe('layers refuse wrong inputs by name', () => {
  for (const descriptor of descriptors) {
    for (const refusal of descriptor.refusals) testRefusal(descriptor, refusal);
  }
});
