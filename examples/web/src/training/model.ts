import { argMax, mean, type Tensor, type Tensor1D, type Tensor4D } from '@tensorflow/tfjs-core';
import * as hk from 'tanka';
import * as optim from 'tanka/optim';

export const network = hk.withoutApplyRng(
  hk.transform((images: Tensor4D): Tensor => {
    let x: Tensor = hk.nn.relu(new hk.Conv2D(8, 3, { stride: 2 }).call(images));
    x = hk.nn.relu(new hk.Conv2D(16, 3, { stride: 2 }).call(x));
    x = hk.nn.relu(new hk.Linear(64).call(new hk.Flatten().call(x)));
    return new hk.Linear(10).call(x);
  }),
);

export const optimiser = optim.adam(2e-3);

export interface TrainingState {
  readonly params: hk.Params;
  readonly optState: ReturnType<typeof optimiser.init>;
}

const loss = (params: hk.Params, images: Tensor4D, labels: Tensor1D): Tensor =>
  mean(optim.softmaxCrossEntropyWithIntegerLabels(network.apply(params, images), labels));

/** A whole step, gradient and Adam included, as one recorded plan; the old state is freed. */
export const update = hk.donate(
  hk.jit((state: TrainingState, images: Tensor4D, labels: Tensor1D): [TrainingState, Tensor] => {
    const [value, gradient] = hk.valueAndGrad(loss)(state.params, images, labels);
    const [updates, optState] = optimiser.update(gradient, state.optState, state.params);
    return [{ params: optim.applyUpdates(state.params, updates), optState }, value];
  }),
);

/** The digit that the network reads in each image. */
export const classify = hk.jit((params: hk.Params, images: Tensor4D): Tensor =>
  argMax(network.apply(params, images), 1),
);
