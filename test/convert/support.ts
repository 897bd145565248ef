import { tensor, tidy, type io, type Tensor } from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { expect } from 'chai';
import * as hk from '../../src/index.js';
import { fromLayersModel } from '../../src/convert/index.js';
import { TankaError } from '../../src/errors/tanka-error.js';
import { tolerances } from '../support/tolerances.js';

/** What a handler would store of a model. */
export async function artifactsOf(model: tfl.LayersModel): Promise<io.ModelArtifacts> {
  let saved: io.ModelArtifacts | undefined;
  await model.save({
    save: (artifacts: io.ModelArtifacts) => {
      // As a file would: text and bytes, nothing of the model's own.
      saved = {
        ...artifacts,
        modelTopology: JSON.parse(JSON.stringify(artifacts.modelTopology)) as object,
      };
      return Promise.resolve({
        modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' as const },
      });
    },
  });
  return saved as io.ModelArtifacts;
}

/** Numbers in [-1, 1) that depend on the seed alone. */
export function numbers(shape: readonly number[], seed: number): Tensor {
  let x = seed * 2_654_435_761 + 1;
  const values = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => {
    x = (Math.imul(x, 1_664_525) + 1_013_904_223) | 0;
    return x / 2 ** 31;
  });
  return tensor(values, [...shape]);
}

/** Gives a model weights of every kind: variances above zero, nothing at its first value. */
export function randomize(model: tfl.LayersModel): void {
  const weights = model.weights.map((weight, i) => {
    const values = numbers(weight.shape as number[], i + 1);
    if (!weight.originalName.endsWith('variance')) return values;
    const positive = tidy(() =>
      tensor(
        values.dataSync().map((x) => 1 + x / 2),
        values.shape,
      ),
    );
    values.dispose();
    return positive;
  });
  // In the order of the list, which is not that of setWeights.
  model.weights.forEach((weight, i) => weight.write(weights[i]));
  weights.forEach((weight) => weight.dispose());
}

/** Converts a model and compares what both compute of the same inputs. Returns the names of the parameters. */
export async function expectSame(model: tfl.LayersModel, inputs: readonly Tensor[]): Promise<string[]> {
  const { network, params, state } = fromLayersModel(await artifactsOf(model));
  const pair = hk.transformWithState((xs: Tensor[]) => network().call(xs));
  const [outputs, after] = pair.apply(params, state, null, [...inputs]);
  const actual = [outputs].flat();
  const expected = [model.predict([...inputs]) as Tensor | Tensor[]].flat();
  expect(actual.map(({ shape }) => shape)).to.deep.equal(expected.map(({ shape }) => shape));
  actual.forEach((tensor, i) => {
    const [a, b] = [tensor.dataSync(), expected[i].dataSync()];
    const largest = Math.max(1, ...Array.from(b, Math.abs));
    b.forEach((value: number, j: number) =>
      expect(a[j] / largest).to.be.closeTo(value / largest, tolerances.output),
    );
  });
  const names = Object.entries(params).flatMap(([module, bundle]) =>
    Object.keys(bundle).map((name) => `${module}/${name}`),
  );
  hk.tree.dispose([params, state, actual, after, expected]);
  return names.sort();
}

/** Asserts that `f` throws an error of this code, whose message has this part. */
export function expectError(f: () => unknown, code: string, message: string): void {
  expect(f).to.throw(TankaError, message).with.property('code', code);
}
