import { oneHot, randomUniform, slice, tensor1d, tidy, train, type Tensor } from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { expect } from 'chai';
import * as hk from '../../../src/index.js';
import type { JaxLayer } from '../../../src/wrapper/index.js';
import { expectClose } from '../../support/compare.js';
import { disposeAll, modelOf } from '../support/fit.js';
import { reload } from '../support/reload.js';

/** Number of weights and of values in them. */
export interface Counts {
  readonly trainable: readonly [weights: number, values: number];
  readonly nonTrainable: readonly [weights: number, values: number];
}

/** How much is trained: the CPU backend takes a second a step for what takes WASM a few hundredths. */
export interface Effort {
  readonly batch: number;
  readonly steps: number;
}

/** A layer that calls another one, as a subclass of `keras.Model` would; nothing builds the inner one beforehand. */
class Outer extends tfl.layers.Layer {
  static readonly className = 'Outer';

  constructor(private readonly inner: JaxLayer) {
    super({});
  }

  override call(inputs: Tensor | Tensor[]): Tensor {
    return this.inner.apply(Array.isArray(inputs) ? inputs[0] : inputs);
  }
}

function countOf(weights: readonly { readonly shape: readonly (number | null)[] }[]): [number, number] {
  const sizes = weights.map(({ shape }) => shape.reduce<number>((size, n) => size * (n ?? 1), 1));
  return [sizes.length, sizes.reduce((a, b) => a + b, 0)];
}

function expectCounts(layer: tfl.layers.Layer, counts: Counts): void {
  expect(countOf(layer.trainableWeights)).to.deep.equal(counts.trainable);
  expect(countOf(layer.nonTrainableWeights)).to.deep.equal(counts.nonTrainable);
}

function valuesOf(layer: tfl.layers.Layer): number[][] {
  return layer.weights.map((weight) => [...weight.read().dataSync()]);
}

/**
 * Keras' own course for a layer on images of 28 by 28 in ten classes. A: a functional model, and the numbers of its weights.
 * B: `fit`. C: each weight has moved. D: shapes of outputs. E: running leaves the weights alone. F: a new layer on the trees of the
 * first gives the same outputs. G: so does the model from a file. (H, a SavedModel, is no format of TensorFlow.js.) I: inside
 * another layer, that did not build it. J: a summary.
 *
 * @param make makes the layer, on given trees or anew; its functions are registered
 */
export async function testLayer(
  make: (trees?: { params: unknown; state: unknown }) => JaxLayer,
  counts: Counts,
  { batch, steps }: Effort,
): Promise<void> {
  const images = randomUniform([batch * steps, 28, 28, 1]);
  const some = slice(images, 0, batch);
  const labels = tidy(() =>
    oneHot(
      tensor1d(
        Array.from({ length: batch * steps }, (_, i) => i % 10),
        'int32',
      ),
      10,
    ),
  );
  const expectSame = (output: Tensor, expected: Tensor): void => {
    expect(output.shape).to.deep.equal([batch, 10]);
    expectClose(output, expected.dataSync(), 1e-5);
    output.dispose();
  };

  const layer = make();
  const input = tfl.input({ shape: [28, 28, 1] });
  const model = tfl.model({ inputs: input, outputs: layer.apply(input) }); // A
  expectCounts(layer, counts);

  const optimizer = train.adam();
  model.compile({ optimizer, loss: 'categoricalCrossentropy' }); // B
  const before = valuesOf(layer);
  await model.fit(images, labels, { batchSize: batch, epochs: 1, shuffle: false });
  valuesOf(layer).forEach((values, i) => {
    expect(values, layer.weights[i].name).not.to.deep.equal(before[i]); // C
  });

  const after = valuesOf(layer);
  const called = model.apply(some) as Tensor; // D
  expectSame(model.predict(some) as Tensor, called);
  expect(valuesOf(layer)).to.deep.equal(after); // E

  const trees = { params: layer.toParams(), state: layer.toState() }; // F
  const again = make(trees);
  const other = modelOf(again, [28, 28, 1]);
  expectCounts(again, counts);
  expectSame(other.apply(some) as Tensor, called);
  expectSame(other.predict(some) as Tensor, called);

  const loaded = await reload(model); // G
  expectCounts(loaded.layers[1], counts);
  expectSame(loaded.predict(some) as Tensor, called);

  const inner = make(); // I
  const outer = new Outer(inner);
  const fresh = outer.apply(some) as Tensor;
  expect(fresh.shape).to.deep.equal([batch, 10]);
  expect(fresh.dataSync().some((value) => value !== 0)).to.equal(true);
  expectCounts(inner, counts);

  const lines: string[] = []; // J
  model.summary(undefined, undefined, (line: string) => lines.push(line));
  expect(lines.join('\n')).to.include(layer.name);

  hk.tree.dispose([images, some, labels, called, trees, fresh] as never);
  for (const each of [other, loaded]) each.dispose();
  inner.dispose();
  disposeAll(model, optimizer);
}
