import type { Optimizer, Tensor } from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';

/** A sequential model of one layer. */
export function modelOf(
  layer: tfl.layers.Layer,
  inputShape: number[],
  dtype: 'float32' | 'int32' = 'float32',
): tfl.Sequential {
  const model = tfl.sequential({ layers: [tfl.layers.inputLayer({ inputShape, dtype })] });
  model.add(layer);
  return model;
}

/** Full-batch steps of `fit`; gives the loss of each, and calls `after` with its number. */
export async function fitSteps(
  model: tfl.LayersModel,
  [x, y]: readonly [Tensor, Tensor],
  steps: number,
  after: (step: number) => void = () => undefined,
): Promise<number[]> {
  const losses: number[] = [];
  for (let step = 1; step <= steps; step++) {
    const { history } = await model.fit(x, y, {
      batchSize: x.shape[0],
      epochs: 1,
      shuffle: false,
    });
    losses.push(history.loss[0] as number);
    after(step);
  }
  return losses;
}

/** Frees a model and its optimizer. */
export function disposeAll(model: tfl.LayersModel, optimizer: Optimizer): void {
  model.dispose();
  optimizer.dispose();
  // The stock optimizer forgets the rate that its base class keeps.
  if (optimizer.getClassName() === 'Momentum') (optimizer as unknown as { c: Tensor }).c.dispose();
}
