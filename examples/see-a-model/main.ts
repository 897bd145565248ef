/**
 * A network made visible: its table, its graph as SVG, its parameters with statistics, and what each layer answers to a digit as
 * pictures. It is trained for a moment first, so that there is something to see.
 */
import { mean, slice, tidy, transpose, type Tensor, type Tensor4D } from '@tensorflow/tfjs-core';
import { instance } from '@viz-js/viz';
import * as hk from 'tanka';
import * as optim from 'tanka/optim';
import { useWasm } from 'tanka/wasm';
import { minibatches, type Batch } from '../data/minibatches.js';
import { loadMnist } from '../data/mnist.js';
import { sheet } from '../shared/png.js';
import { quick } from '../shared/quick.js';
import { stateResults, writeOut } from '../shared/results.js';

const STEPS = quick ? 20 : 200;
const BATCH_SIZE = 32;

await useWasm();

const network = hk.transform((images: Tensor4D) => {
  const net = new hk.Sequential([
    new hk.Conv2D(8, 3, { name: 'edges' }),
    hk.nn.relu,
    new hk.MaxPool([2, 2, 1], [2, 2, 1], 'SAME'),
    new hk.Conv2D(16, 3, { name: 'shapes' }),
    hk.nn.relu,
    new hk.Flatten(),
    new hk.Linear(10, { name: 'digits' }),
  ]);
  return net.call(images);
});
const model = hk.withoutApplyRng(network);

// A table, without running anything: shapes are enough.
const images = { shape: [1, 28, 28, 1], dtype: 'float32' } as const;
console.log(
  hk.tabulate(network, { columns: ['module', 'owned_params', 'output', 'params_size', 'flops'] })(images),
);

const optimizer = optim.adam(1e-3);

interface TrainingState {
  readonly params: hk.Params;
  readonly optState: ReturnType<typeof optimizer.init>;
}

const loss = (params: hk.Params, batch: Batch): Tensor =>
  mean(optim.softmaxCrossEntropyWithIntegerLabels(model.apply(params, batch.images), batch.labels));

const update = hk.donate(
  hk.jit(({ params, optState }: TrainingState, batch: Batch): [TrainingState, Tensor] => {
    const [value, grads] = hk.valueAndGrad(loss)(params, batch);
    const [updates, next] = optimizer.update(grads, optState, params);
    return [{ params: optim.applyUpdates(params, updates), optState: next }, value];
  }),
);

const { train } = loadMnist();
const batches = minibatches(train, BATCH_SIZE, hk.random.key(1));
let batch = batches.next().value;
const params = model.init(42, batch.images);
let carry: TrainingState = { params, optState: optimizer.init(params) };
let lastLoss = Infinity;
for (let step = 0; step < STEPS; step++) {
  const [next, value] = update(carry, batch);
  carry = next;
  [lastLoss] = value.dataSync();
  value.dispose();
  batch = batches.next().value;
}

// Names, shapes and what the values are like.
console.log(hk.tree.describe(carry.params, { statistics: true }));

// The graph: text by tanka, its layout by Graphviz.
const dot = hk.toDot(model.apply)(carry.params, images);
const viz = await instance();
const svg = viz.renderString(dot, { format: 'svg' });
writeOut('see-a-model.svg', svg);

// What the layers answer to the first digit of the batch, a picture for each channel.
const digit = tidy(() => slice(batch.images, 0, 1)) as Tensor4D;
const [logits, captured] = hk.capture(
  () => model.apply(carry.params, digit),
  (name) => ['edges', 'shapes'].includes(name),
);
let pictures = 0;
for (const [name, [activation]] of Object.entries(captured)) {
  const [, size, , channels] = activation.shape;
  const values = tidy(() => transpose(activation, [3, 1, 2, 0]).dataSync<'float32'>());
  const largest = values.reduce((a, b) => Math.max(a, b), 1e-6);
  const scaled = values.map((value) => value / largest);
  writeOut(`see-a-model-${name}.png`, sheet(scaled, size, Math.floor(Math.sqrt(channels))));
  pictures += channels;
}

stateResults(
  'see-a-model',
  { loss: lastLoss, svgBytes: svg.length, pictures },
  {
    loss: { atMost: quick ? 2.2 : 0.6 },
    svgBytes: { atLeast: 5000 },
    pictures: { atLeast: 24, atMost: 24 },
  },
);
hk.tree.dispose([carry, digit, logits, captured]);
batches.return(undefined as never);
