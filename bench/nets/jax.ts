import type { Array as JaxArray } from '@jax-js/jax';
import type { Work } from './haiku.js';
import type { Array2, Layers } from './layers.js';

// The library asks the page how many processors there are.
(globalThis as { navigator?: unknown }).navigator ??= { hardwareConcurrency: 1 };
const jax = await import('@jax-js/jax');
await jax.init();
jax.defaultDevice('wasm');
const { jit, lax, nn, numpy: np, tree, valueAndGrad } = jax;

function put({ values, shape }: Array2): JaxArray {
  return np.array(values.slice()).reshape([...shape]);
}

/**
 * The layers of the networks that are trained, on weights that are arguments: `weights` hands out one after the other. Images are `[N, C, H, W]`,
 * as its convolutions want them; every use of an array takes a reference.
 */
function layersOf(
  next: () => JaxArray,
): Pick<Layers<JaxArray>, 'conv' | 'averagePool' | 'flatten' | 'dense' | 'lstm' | 'meanOfSteps'> {
  return {
    conv: (x, _w, _b, stride) => {
      const [w, b] = [next(), next()];
      return nn.relu(lax.conv(x, w, [stride, stride], 'SAME').add(b.reshape([1, -1, 1, 1])));
    },
    averagePool: (x) => {
      const [n, c, height, width] = x.shape;
      return np.mean(x.reshape([n, c, height / 2, 2, width / 2, 2]), [3, 5]);
    },
    flatten: (x) => x.reshape([x.shape[0], -1]),
    lstm: (x) => {
      const [w, b] = [next(), next()];
      const [steps, batch] = x.shape;
      const width = b.shape[0] / 4;
      let [h, c] = [np.zeros([batch, width]), np.zeros([batch, width])];
      const states = Array.from({ length: steps }, (_, t) => {
        const joined = np.concatenate([x.ref.slice(t), h], 1);
        const [i, g, f, o] = np.split(np.matmul(joined, w.ref).add(b.ref), 4, 1);
        c = nn
          .sigmoid(f.add(1))
          .mul(c)
          .add(nn.sigmoid(i).mul(np.tanh(g)));
        h = nn.sigmoid(o).mul(np.tanh(c.ref));
        return h.ref;
      });
      for (const one of [x, w, b, h, c]) one.dispose();
      return np.stack(states);
    },
    meanOfSteps: (x) => np.mean(x, 0),
    dense: (x, _w, _b, activation) => {
      const y = np.matmul(x, next()).add(next());
      return activation === 'relu' ? nn.relu(y) : y;
    },
  };
}

/** Names and layouts of the weights in the order in which the layers take them. */
function weightsOf({ params }: Work): Array2[] {
  const modules = params as Record<string, Record<string, { shape: number[]; dataSync(): Float32Array }>>;
  return Object.values(modules).flatMap(({ w, b }) => {
    const weights = { shape: w.shape, values: w.dataSync().slice() };
    const bias = { shape: b.shape, values: b.dataSync().slice() };
    if (w.shape.length === 4) {
      const [height, width, inputs, outputs] = w.shape;
      const values = new Float32Array(weights.values.length);
      for (let i = 0; i < height * width * inputs; i++)
        for (let o = 0; o < outputs; o++)
          values[o * height * width * inputs + i] = weights.values[i * outputs + o];
      if (inputs !== 1) throw new Error('Written for images of one channel.');
      return [{ shape: [outputs, inputs, height, width], values }, bias];
    }
    if (w.shape[0] === 6272) {
      // The rows follow the flattened image, whose channels come first here.
      const [pixels, channels, columns] = [196, 32, w.shape[1]];
      const values = new Float32Array(weights.values.length);
      for (let p = 0; p < pixels; p++)
        for (let c = 0; c < channels; c++)
          values.set(
            weights.values.subarray((p * channels + c) * columns, (p * channels + c + 1) * columns),
            (c * pixels + p) * columns,
          );
      return [{ shape: w.shape, values }, bias];
    }
    return [weights, bias];
  });
}

/** A training step of `@jax-js/jax`, jitted: it gives the loss of each step. */
export function jaxStepper(work: Work, target: Array2): () => number {
  const [batch] = work.input.shape;
  const isImage = work.input.shape.length === 4;
  const x = put(isImage ? { values: work.input.values, shape: [batch, 1, 28, 28] } : work.input);
  const y = put(target);
  type Weights = Record<string, JaxArray>;
  let weights: Weights = Object.fromEntries(weightsOf(work).map((array, i) => [`w${i}`, put(array)]));
  const names = Object.keys(weights);
  const loss = (p: Weights, images: JaxArray, labels: JaxArray): JaxArray => {
    let i = 0;
    const layers = layersOf(() => p[names[i++]]) as Layers<JaxArray>;
    const logits = work.network(layers, images);
    return np.mean(np.sum(labels.mul(nn.logSoftmax(logits, -1)), -1)).mul(-1);
  };
  const step = jit((p: Weights, images: JaxArray, labels: JaxArray) => {
    const [value, gradient] = valueAndGrad(loss)(tree.ref(p), images, labels) as [JaxArray, Weights];
    const next = Object.fromEntries(names.map((name) => [name, p[name].sub(gradient[name].mul(0.01))]));
    return [next, value];
  }) as unknown as (p: Weights, images: JaxArray, labels: JaxArray) => [Weights, JaxArray];
  return () => {
    const [next, value] = step(weights, x.ref, y.ref);
    weights = next;
    return Number(value.js());
  };
}
