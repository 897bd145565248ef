import * as tf from '@tensorflow/tfjs-core';
import * as hk from '../../src/index.js';
import type { Array2, Network } from './layers.js';

/** A network as a function of its parameters, and the same layers for the peers, with the weights that it starts with. */
export interface Work {
  readonly title: string;
  readonly params: hk.Params;
  readonly input: Array2;
  readonly apply: (params: hk.Params, x: tf.Tensor) => tf.Tensor;
  readonly network: Network;
}

const noise = (() => {
  let state = 1;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state >>> 8) / 2 ** 23 - 1;
  };
})();

function random(shape: readonly number[], scale = 1): Array2 {
  const size = shape.reduce((a, b) => a * b, 1);
  return { shape, values: Float32Array.from({ length: size }, () => scale * noise()) };
}

/** Biases and norms that are not 0 and 1 as they are at the start, so that leaving one out would show. */
function seasoned(params: hk.Params): hk.Params {
  const out = hk.tree.map(
    (p: tf.Tensor) =>
      tf.tidy(() =>
        p.rank === 1 ? tf.add(p, tf.tensor(random(p.shape, 0.1).values, p.shape)) : tf.clone(p),
      ),
    params,
  ) as hk.Params;
  hk.tree.dispose(params);
  return out;
}

function arrayOf(params: hk.Params, module: string, name: string): Array2 {
  const tensor = (params as Record<string, Record<string, tf.Tensor>>)[module][name];
  return { shape: tensor.shape, values: tensor.dataSync().slice() as Float32Array };
}

/** Weights and bias of a convolution with the batch norm behind it folded in, whose averages are 0 and 1. */
function folded(params: hk.Params, conv: string, norm: string, depthwise = false): [w: Array2, b: Array2] {
  const w = arrayOf(params, conv, 'w');
  const scale = arrayOf(params, norm, 'scale').values;
  const offset = arrayOf(params, norm, 'offset').values;
  const shape = depthwise ? [w.shape[0], w.shape[1], w.shape[3], w.shape[2]] : w.shape;
  const factor = 1 / Math.sqrt(1 + 1e-5);
  return [
    { shape, values: w.values.map((value, i) => value * scale[i % scale.length] * factor) },
    { shape: [offset.length], values: offset },
  ];
}

/** A state whose averages are 0 and variances 1. */
function plainState(state: hk.State): hk.State {
  const out = Object.fromEntries(
    Object.entries(state as Record<string, Record<string, tf.Tensor>>).map(([module, entries]) => [
      module,
      Object.fromEntries(
        Object.entries(entries).map(([name, value]) => [
          name,
          name === 'counter'
            ? tf.clone(value)
            : module.includes('var_ema')
              ? tf.onesLike(value)
              : tf.zerosLike(value),
        ]),
      ),
    ]),
  );
  hk.tree.dispose(state);
  return out as hk.State;
}

export function mlp(batch: number): Work {
  const model = hk.transform((x: tf.Tensor2D) => new hk.nets.MLP([300, 100, 10]).call(x));
  const input = random([batch, 784]);
  const params = seasoned(tf.tidy(() => model.init(42, tf.zeros([1, 784]))));
  const names = [0, 1, 2].map((i) => `mlp/~/linear_${i}`);
  const weights = names.map((name) => [arrayOf(params, name, 'w'), arrayOf(params, name, 'b')] as const);
  return {
    title: `MLP 784-300-100-10, batch ${batch}`,
    params,
    input,
    apply: (p, x) => model.apply(p, null, x as tf.Tensor2D),
    network: (layers, x) =>
      weights.reduce((h, [w, b], i) => layers.dense(h, w, b, i < 2 ? 'relu' : 'linear'), x),
  };
}

const convNet = hk.transform((x: tf.Tensor4D) => {
  const h = new hk.AvgPool([1, 2, 2, 1], [1, 2, 2, 1], 'VALID').call(
    hk.nn.relu(new hk.Conv2D(32, [3, 3], { name: 'conv' }).call(x)),
  );
  const hidden = hk.nn.relu(new hk.Linear(200, { name: 'hidden' }).call(new hk.Flatten().call(h)));
  return new hk.Linear(10, { name: 'logits' }).call(hidden);
});

export function conv(batch: number): Work {
  const params = seasoned(tf.tidy(() => convNet.init(42, tf.zeros([1, 28, 28, 1]))));
  const [c, h, l] = ['conv', 'hidden', 'logits'].map(
    (name) => [arrayOf(params, name, 'w'), arrayOf(params, name, 'b')] as const,
  );
  return {
    title: `MNIST conv net, batch ${batch}`,
    params,
    input: random([batch, 28, 28, 1]),
    apply: (p, x) => convNet.apply(p, null, x as tf.Tensor4D),
    network: (layers, x) => {
      const pooled = layers.averagePool(layers.conv(x, c[0], c[1], 1, 'same', 'relu'));
      return layers.dense(
        layers.dense(layers.flatten(pooled, [14, 14, 32]), h[0], h[1], 'relu'),
        l[0],
        l[1],
        'linear',
      );
    },
  };
}

export function mobileNet(): Work {
  const model = hk.transformWithState((x: tf.Tensor4D, training: boolean) =>
    new hk.nets.MobileNetV1().call(x, training),
  );
  const [params0, state0] = tf.tidy(() => model.init(42, tf.zeros([2, 64, 64, 3]), true));
  const [params, state] = [seasoned(params0), plainState(state0)];
  const first = folded(params, 'mobile_net_v1/conv2_d', 'mobile_net_v1/batch_norm');
  const blocks = Array.from({ length: 13 }, (_, i) => {
    const name = `mobile_net_v1/mobile_net_v1_block${i === 0 ? '' : `_${i}`}`;
    return {
      stride: [1, 3, 5, 11].includes(i) ? 2 : 1,
      depthwise: folded(params, `${name}/depthwise_conv`, `${name}/batch_norm`, true),
      pointwise: folded(params, `${name}/pointwise_conv`, `${name}/batch_norm_1`),
    };
  });
  const logits = [
    arrayOf(params, 'mobile_net_v1/logits', 'w'),
    arrayOf(params, 'mobile_net_v1/logits', 'b'),
  ] as const;
  return {
    title: 'MobileNetV1, 224²',
    params,
    input: random([1, 224, 224, 3]),
    apply: (p, x) => model.apply(p, state, null, x as tf.Tensor4D, false)[0],
    network: (layers, x) => {
      let h = layers.conv(x, ...first, 2, 'valid', 'relu');
      for (const { stride, depthwise, pointwise } of blocks) {
        h = layers.depthwise(h, ...depthwise, stride, 'relu');
        h = layers.conv(h, ...pointwise, 1, 'valid', 'relu');
      }
      return layers.dense(layers.globalMean(h), ...logits, 'linear');
    },
  };
}

export function resNet50(): Work {
  const model = hk.transformWithState((x: tf.Tensor4D, training: boolean) =>
    new hk.nets.ResNet50(1000, {
      logitsConfig: { name: 'logits', wInit: hk.initializers.varianceScaling() },
    }).call(x, training),
  );
  const [params0, state0] = tf.tidy(() => model.init(42, tf.zeros([2, 64, 64, 3]), true));
  const [params, state] = [seasoned(params0), plainState(state0)];
  const root = 'res_net50/~';
  const first = folded(params, `${root}/initial_conv`, `${root}/initial_batchnorm`);
  const blocks = [3, 4, 6, 3].flatMap((count, group) =>
    Array.from({ length: count }, (_, i) => {
      const name = `${root}/block_group_${group}/~/block_${i}/~`;
      const layer = (conv: string, norm: string): [Array2, Array2] =>
        folded(params, `${name}/${conv}`, `${name}/${norm}`);
      return {
        stride: i === 0 && group > 0 ? 2 : 1,
        shortcut: i === 0 ? layer('shortcut_conv', 'shortcut_batchnorm') : undefined,
        convs: [0, 1, 2].map((k) => layer(`conv_${k}`, `batchnorm_${k}`)),
      };
    }),
  );
  const logits = [arrayOf(params, `${root}/logits`, 'w'), arrayOf(params, `${root}/logits`, 'b')] as const;
  return {
    title: 'ResNet50, 224²',
    params,
    input: random([1, 224, 224, 3]),
    apply: (p, x) => model.apply(p, state, null, x as tf.Tensor4D, false)[0],
    network: (layers, x) => {
      let h = layers.maxPool(layers.conv(x, ...first, 2, 'same', 'relu'));
      for (const { stride, shortcut, convs } of blocks) {
        const skip = shortcut === undefined ? h : layers.conv(h, ...shortcut, stride, 'same', 'linear');
        let y = layers.conv(h, ...convs[0], 1, 'same', 'relu');
        y = layers.conv(y, ...convs[1], stride, 'same', 'relu');
        h = layers.add(layers.conv(y, ...convs[2], 1, 'same', 'linear'), skip, 'relu');
      }
      return layers.dense(layers.globalMean(h), ...logits, 'linear');
    },
  };
}

/** Four pre-norm transformer blocks with causal attention, 256 wide, 8 heads, on 128 positions. */
export function gpt(): Work {
  const [length, width, heads, depth] = [128, 256, 8, 4];
  const norm = (name: string): hk.LayerNorm =>
    new hk.LayerNorm({ axis: -1, createScale: true, createOffset: true, name });
  const model = hk.transform((x: tf.Tensor2D) => {
    const mask = tf.cast(tf.linalg.bandPart(tf.ones([length, length]), -1, 0), 'bool');
    const causal = tf.reshape(mask, [1, length, length]);
    let h: tf.Tensor = x;
    for (let i = 0; i < depth; i++) {
      const a = norm(`norm_a${i}`).call(h);
      const attention = new hk.MultiHeadAttention(heads, width / heads, {
        wInitScale: 1,
        name: `attention${i}`,
      });
      h = tf.add(h, attention.call(a, a, a, causal));
      const b = norm(`norm_b${i}`).call(h);
      const up = hk.nn.gelu(new hk.Linear(4 * width, { name: `up${i}` }).call(b));
      h = tf.add(h, new hk.Linear(width, { name: `down${i}` }).call(up));
    }
    return norm('norm').call(h);
  });
  const params = seasoned(tf.tidy(() => model.init(42, tf.zeros([length, width]))));
  const linear = (name: string): [Array2, Array2] => [arrayOf(params, name, 'w'), arrayOf(params, name, 'b')];
  const normal = (name: string): [Array2, Array2] => [
    arrayOf(params, name, 'scale'),
    arrayOf(params, name, 'offset'),
  ];
  const blocks = Array.from({ length: depth }, (_, i) => ({
    a: normal(`norm_a${i}`),
    b: normal(`norm_b${i}`),
    query: linear(`attention${i}/query`),
    key: linear(`attention${i}/key`),
    value: linear(`attention${i}/value`),
    out: linear(`attention${i}/linear`),
    up: linear(`up${i}`),
    down: linear(`down${i}`),
  }));
  const last = normal('norm');
  return {
    title: 'GPT blocks, L4 d256 T128',
    params,
    input: random([length, width]),
    apply: (p, x) => model.apply(p, null, x as tf.Tensor2D),
    network: (layers, x) => {
      let h = x;
      for (const block of blocks) {
        const a = layers.layerNorm(h, ...block.a);
        const [q, k, v] = [block.query, block.key, block.value].map((w) => layers.dense(a, ...w, 'linear'));
        h = layers.add(h, layers.dense(layers.attention(q, k, v, heads), ...block.out, 'linear'), 'linear');
        const up = layers.gelu(layers.dense(layers.layerNorm(h, ...block.b), ...block.up, 'linear'));
        h = layers.add(h, layers.dense(up, ...block.down, 'linear'), 'linear');
      }
      return layers.layerNorm(h, ...last);
    },
  };
}

/** Sequences, classified by the mean of the states of an LSTM. */
export function lstmClassifier(batch: number): Work {
  const [steps, width] = [32, 128];
  const model = hk.transform((x: tf.Tensor) => {
    const core = new hk.LSTM(width);
    const states = hk.dynamicUnroll(core, x, core.initialState(batch))[0];
    return new hk.Linear(10, { name: 'logits' }).call(tf.mean(states, 0));
  });
  const params = seasoned(tf.tidy(() => model.init(42, tf.zeros([steps, batch, width]))));
  const [cell, logits] = ['lstm/linear', 'logits'].map(
    (name) => [arrayOf(params, name, 'w'), arrayOf(params, name, 'b')] as const,
  );
  return {
    title: `LSTM, ${steps} steps, ${width} wide, batch ${batch}`,
    params,
    input: random([steps, batch, width]),
    apply: (p, x) => model.apply(p, null, x),
    network: (layers, x) => layers.dense(layers.meanOfSteps(layers.lstm(x, ...cell)), ...logits, 'linear'),
  };
}

export function lstm(batch: number): Work {
  const model = hk.transform((x: tf.Tensor) => {
    const core = new hk.LSTM(128);
    return hk.dynamicUnroll(core, x, core.initialState(batch))[0];
  });
  const params = seasoned(tf.tidy(() => model.init(42, tf.zeros([50, batch, 128]))));
  const [w, b] = [arrayOf(params, 'lstm/linear', 'w'), arrayOf(params, 'lstm/linear', 'b')];
  return {
    title: `LSTM, 50 steps, 128 wide, batch ${batch}`,
    params,
    input: random([50, batch, 128]),
    apply: (p, x) => model.apply(p, null, x) as tf.Tensor,
    network: (layers, x) => layers.lstm(x, w, b),
  };
}
