import type { Array as JaxArray } from '@jax-js/jax';
import type { Array2, Layers, Network } from './layers.js';

const page = globalThis as { navigator?: unknown; Worker?: unknown };
// The library asks the page how many processors there are.
page.navigator ??= { hardwareConcurrency: 1 };

/** Runs `f` without the global `Worker` that onnxruntime-web brings to Node: with it kernels are made for threads, which the memory is not. */
async function withoutWorkers<R>(f: () => Promise<R>): Promise<R> {
  const { Worker } = page;
  page.Worker = undefined;
  try {
    return await f();
  } finally {
    page.Worker = Worker;
  }
}

const jax = await withoutWorkers(() => import('@jax-js/jax'));
await jax.init();
jax.defaultDevice('wasm');
const { jit, lax, nn, numpy: np } = jax;

function put({ values, shape }: Array2): JaxArray {
  return np.array(values.slice()).reshape([...shape]);
}

/** Filters `[height, width, in, out]` as `[out, in, height, width]`, the order of its convolutions. */
function filterOf({ values, shape }: Array2): Array2 {
  const [height, width, inputs, outputs] = shape;
  const out = new Float32Array(values.length);
  for (let place = 0; place < height * width; place++)
    for (let i = 0; i < inputs; i++)
      for (let o = 0; o < outputs; o++)
        out[(o * inputs + i) * height * width + place] = values[(place * inputs + i) * outputs + o];
  return { values: out, shape: [outputs, inputs, height, width] };
}

/** What the layers take from a list of weights, and by which the list is made. */
type Take = (array: Array2) => JaxArray;

/** Images are `[N, C, H, W]`. Networks use a value as often as they like, so every use here takes a reference. */
function layersOf(take: Take): Layers<JaxArray> {
  const missing = (): never => {
    throw new Error('Not in this benchmark.');
  };
  return {
    conv: (x, w, b, stride, pad, activation) => {
      const y = lax.conv(x.ref, take(filterOf(w)), [stride, stride], pad === 'same' ? 'SAME' : 'VALID');
      const sum = y.add(take(b).reshape([1, -1, 1, 1]));
      return activation === 'relu' ? nn.relu(sum) : sum;
    },
    averagePool: (x) => {
      const [n, c, height, width] = x.shape;
      return np.mean(x.ref.reshape([n, c, height / 2, 2, width / 2, 2]), [3, 5]);
    },
    flatten: (x) => np.transpose(x.ref, [0, 2, 3, 1]).reshape([x.shape[0], -1]),
    dense: (x, w, b, activation) => {
      const y = np.matmul(x.ref, take(w)).add(take(b));
      return activation === 'relu' ? nn.relu(y) : y;
    },
    add: (x, y, activation) => (activation === 'relu' ? nn.relu(x.ref.add(y.ref)) : x.ref.add(y.ref)),
    layerNorm: (x, scale, offset) => {
      const centered = x.ref.sub(np.mean(x.ref, -1, { keepdims: true }));
      const variance = np.mean(np.square(centered.ref), -1, { keepdims: true });
      return centered
        .div(np.sqrt(variance.add(1e-5)))
        .mul(take(scale))
        .add(take(offset));
    },
    gelu: (x) => {
      const inner = x.ref.add(x.ref.mul(x.ref).mul(x.ref).mul(0.044715));
      return x.ref.mul(np.tanh(inner.mul(Math.sqrt(2 / Math.PI))).add(1)).mul(0.5);
    },
    attention: (q, k, v, heads) => {
      // By hand: its own attention needs helpers of iterators that Node 20 lacks.
      const [length, width] = q.shape;
      const split = (x: JaxArray, order: number[]): JaxArray =>
        np.transpose(x.ref.reshape([length, heads, width / heads]), order);
      const scores = np.matmul(split(q, [1, 0, 2]), split(k, [1, 2, 0])).mul(1 / Math.sqrt(width / heads));
      const mask = Float32Array.from({ length: length * length }, (_, i) =>
        i % length > Math.floor(i / length) ? -1e9 : 0,
      );
      const weights = nn.softmax(scores.add(put({ values: mask, shape: [1, length, length] })), -1);
      return np.transpose(np.matmul(weights, split(v, [1, 0, 2])), [1, 0, 2]).reshape([length, width]);
    },
    depthwise: missing,
    maxPool: missing,
    globalMean: missing,
    lstm: missing,
    meanOfSteps: missing,
  };
}

/** A network of dense layers, convolutions, norms and attention, jitted by `@jax-js/jax`. */
export async function jaxRunner(network: Network, input: Array2): Promise<() => Promise<Float32Array>> {
  const isImage = input.shape.length === 4;
  const [batch, height, width, channels] = input.shape;
  if (isImage && channels !== 1) throw new Error('Written for images of one channel.');
  const shape = isImage ? [batch, 1, height, width] : input.shape;
  const x = put({ values: input.values, shape });
  const weights: JaxArray[] = [];
  const collect: Take = (array) => {
    const weight = put(array);
    weights.push(weight);
    return weight.ref;
  };
  const run = jit((all: JaxArray[], image: JaxArray) => {
    let i = 0;
    const take: Take = () => all[i++];
    return network(layersOf(take), image);
  }) as unknown as (all: JaxArray[], image: JaxArray) => JaxArray;
  const once = async (): Promise<Float32Array> => {
    const references = weights.map((weight) => weight.ref);
    return (await run(references, x.ref).data()) as Float32Array;
  };
  await withoutWorkers(async () => {
    // Once without jit, to see which weights there are, in which layout; then what compiles the kernels.
    await network(layersOf(collect), x.ref).data();
    await once();
  });
  return once;
}
