import type { Tensor, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import * as hk from 'tanka';

/** The network of Keras' page on `layer_jax_model_wrapper`, with Haiku's names. */
@hk.module('my_haiku_module')
export class MyHaikuModule extends hk.Module {
  /**
   * @param images `[batch, 28, 28, 1]`
   * @returns class probabilities `[batch, 10]`
   */
  call(images: Tensor4D, training: boolean): Tensor2D {
    let x: Tensor = new hk.Conv2D(32, [3, 3]).call(images);
    x = hk.nn.relu(x);
    x = new hk.AvgPool([1, 2, 2, 1], [1, 2, 2, 1], 'VALID').call(x);
    x = new hk.Flatten().call(x);
    x = new hk.Linear(200).call(x);
    if (training) x = hk.dropout(hk.nextRngKey(), 0.3, x);
    x = hk.nn.relu(x);
    x = new hk.Linear(10).call(x);
    return hk.nn.softmax(x) as Tensor2D;
  }
}

/** The pair of pure functions that the wrapper layer takes. */
export const transformed = hk.transform((inputs: Tensor4D, training: boolean) =>
  new MyHaikuModule().call(inputs, training),
);
