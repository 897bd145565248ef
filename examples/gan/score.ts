import { mean, softmax, tensor4d, tidy, zeros, type Tensor, type Tensor4D } from '@tensorflow/tfjs-core';
import * as hk from 'tanka';
import * as optim from 'tanka/optim';
import { minibatches, type Batch } from '../data/minibatches.js';
import type { Digits } from '../data/mnist.js';

const CLASSES = 10;
const STEPS = 400;

const classifier = hk.withoutApplyRng(
  hk.transform((images: Tensor4D) => {
    const mlp = new hk.Sequential([new hk.Flatten(), new hk.nets.MLP([100, CLASSES])]);
    return mlp.call(images);
  }),
);

function loss(params: hk.Params, { images, labels }: Batch): Tensor {
  return mean(optim.softmaxCrossEntropyWithIntegerLabels(classifier.apply(params, images), labels));
}

/** Parameters of a small network that tells digits. */
function trainClassifier(digits: Digits): hk.Params {
  const optimizer = optim.adam(2e-3);
  let params = classifier.init(0, zeros([1, 28, 28, 1]));
  let optState = optimizer.init(params);
  const update = hk.donate(
    hk.jit((carry: [hk.Params, typeof optState], batch: Batch): [[hk.Params, typeof optState], Tensor] => {
      const [value, grads] = hk.valueAndGrad(loss)(carry[0], batch);
      const [updates, next] = optimizer.update(grads, carry[1]);
      return [[optim.applyUpdates(carry[0], updates), next], value];
    }),
  );
  let step = 0;
  for (const batch of minibatches(digits, 128, hk.random.key(0))) {
    const [next, value] = update([params, optState], batch);
    [params, optState] = next;
    value.dispose();
    if (++step === STEPS) break;
  }
  hk.tree.dispose(optState);
  return params;
}

/**
 * The inception score (Salimans et al., 2016) by a network that tells digits: `exp E[KL(p(digit | image) || p(digit))]`. It is 1
 * when all images are alike or none can be told, and 10 when each is clearly one digit and all digits are as frequent.
 *
 * @param images `[count, 28, 28]` row by row, values in [0, 1]
 */
export function digitScore(images: Float32Array, digits: Digits): number {
  const params = trainClassifier(digits);
  const count = images.length / 784;
  const probabilities = tidy(() => {
    const logits = classifier.apply(params, tensor4d(images, [count, 28, 28, 1]));
    return Array.from(softmax(logits).dataSync());
  });
  hk.tree.dispose(params);
  const share = new Float64Array(CLASSES);
  probabilities.forEach((p, i) => (share[i % CLASSES] += p / count));
  const divergence = probabilities.reduce(
    (sum, p, i) => (p > 0 ? sum + p * Math.log(p / share[i % CLASSES]) : sum),
    0,
  );
  return Math.exp(divergence / count);
}
