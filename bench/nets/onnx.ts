import * as ort from 'onnxruntime-web';
import type { Activation, Array2, Layers, Network } from './layers.js';

/** Bytes of a protocol buffer message. */
class Message {
  private readonly parts: Uint8Array[] = [];

  private varint(value: number | bigint): Uint8Array {
    const bytes: number[] = [];
    let rest = BigInt.asUintN(64, BigInt(value));
    while (rest > 127n) {
      bytes.push(Number(rest & 127n) | 128);
      rest >>= 7n;
    }
    return Uint8Array.from([...bytes, Number(rest)]);
  }

  integer(field: number, value: number | bigint): this {
    this.parts.push(this.varint(field << 3), this.varint(value));
    return this;
  }

  float(field: number, value: number): this {
    this.parts.push(this.varint((field << 3) | 5), new Uint8Array(Float32Array.of(value).buffer));
    return this;
  }

  bytes(field: number, value: Uint8Array | string | Message): this {
    const data =
      typeof value === 'string'
        ? new TextEncoder().encode(value)
        : value instanceof Message
          ? value.done()
          : value;
    this.parts.push(this.varint((field << 3) | 2), this.varint(data.length), data);
    return this;
  }

  done(): Uint8Array {
    const out = new Uint8Array(this.parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of this.parts) {
      out.set(part, at);
      at += part.length;
    }
    return out;
  }
}

type Attribute = number | string | readonly number[];

function attribute(name: string, value: Attribute): Message {
  const message = new Message().bytes(1, name);
  if (typeof value === 'string') return message.bytes(4, value).integer(20, 3);
  if (typeof value === 'number') {
    return Number.isInteger(value)
      ? message.integer(3, value).integer(20, 2)
      : message.float(2, value).integer(20, 1);
  }
  for (const one of value) message.integer(8, one);
  return message.integer(20, 7);
}

const FLOAT = 1;
const INT64 = 7;

function valueInfo(name: string, shape?: readonly number[]): Message {
  const type = new Message().integer(1, FLOAT);
  if (shape !== undefined) {
    const dimensions = new Message();
    for (const size of shape) dimensions.bytes(1, new Message().integer(1, size));
    type.bytes(2, dimensions);
  }
  return new Message().bytes(1, name).bytes(2, new Message().bytes(1, type));
}

/** An ONNX graph that is being written. Images are `[N, C, H, W]`, as the format wants them. */
class Graph {
  private readonly nodes: Message[] = [];
  private readonly initializers: Message[] = [];
  private count = 0;

  constant(values: Float32Array | BigInt64Array, shape: readonly number[]): string {
    const name = `c${this.count++}`;
    const message = new Message();
    for (const size of shape) message.integer(1, size);
    message.integer(2, values instanceof Float32Array ? FLOAT : INT64).bytes(8, name);
    this.initializers.push(
      message.bytes(9, new Uint8Array(values.buffer, values.byteOffset, values.byteLength)),
    );
    return name;
  }

  call(
    operation: string,
    inputs: readonly string[],
    attributes: Record<string, Attribute> = {},
    outputs = 1,
  ): string {
    const names = Array.from({ length: outputs }, () => `v${this.count++}`);
    const message = new Message();
    for (const input of inputs) message.bytes(1, input);
    for (const name of names) message.bytes(2, name);
    message.bytes(4, operation);
    for (const [name, value] of Object.entries(attributes)) message.bytes(5, attribute(name, value));
    this.nodes.push(message);
    return names[0];
  }

  model(inputShape: readonly number[], output: string): Uint8Array {
    const graph = new Message();
    for (const node of this.nodes) graph.bytes(1, node);
    graph.bytes(2, 'network');
    for (const initializer of this.initializers) graph.bytes(5, initializer);
    graph.bytes(11, valueInfo('x', inputShape)).bytes(12, valueInfo(output));
    const opset = new Message().bytes(1, '').integer(2, 17);
    return new Message().integer(1, 8).bytes(7, graph).bytes(8, opset).done();
  }
}

/** The values of `array` with its axes in another order. */
function permuted({ values, shape }: Array2, order: readonly number[]): Array2 {
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1));
  const to = order.map((axis) => shape[axis]);
  const out = new Float32Array(values.length);
  const index = to.map(() => 0);
  for (let i = 0; i < out.length; i++) {
    out[i] = values[index.reduce((sum, at, axis) => sum + at * strides[order[axis]], 0)];
    for (let axis = to.length - 1; axis >= 0 && ++index[axis] === to[axis]; axis--) index[axis] = 0;
  }
  return { values: out, shape: to };
}

function layersOf(graph: Graph): Layers<string> {
  /** Images that were flattened: the rows of the next weights are put in the order of the format instead. */
  const flattened = new Map<string, readonly [height: number, width: number, channels: number]>();
  const put = ({ values, shape }: Array2): string => graph.constant(values, shape);
  const number = (value: number): string => graph.constant(Float32Array.of(value), []);
  const shapeOf = (...sizes: number[]): string =>
    graph.constant(BigInt64Array.from(sizes, BigInt), [sizes.length]);
  const activate = (x: string, activation: Activation): string => {
    if (activation === 'linear') return x;
    return activation === 'relu' ? graph.call('Relu', [x]) : graph.call('Clip', [x, number(0), number(6)]);
  };
  return {
    conv: (x, w, b, stride, pad, activation) => {
      const attributes = {
        kernel_shape: w.shape.slice(0, 2),
        strides: [stride, stride],
        auto_pad: pad === 'same' ? 'SAME_UPPER' : 'VALID',
      };
      return activate(
        graph.call('Conv', [x, put(permuted(w, [3, 2, 0, 1])), put(b)], attributes),
        activation,
      );
    },
    depthwise: (x, w, b, stride, activation) => {
      const attributes = {
        kernel_shape: w.shape.slice(0, 2),
        strides: [stride, stride],
        pads: [1, 1, 1, 1],
        group: w.shape[2],
      };
      return activate(
        graph.call('Conv', [x, put(permuted(w, [2, 3, 0, 1])), put(b)], attributes),
        activation,
      );
    },
    maxPool: (x) =>
      graph.call('MaxPool', [x], { kernel_shape: [3, 3], strides: [2, 2], auto_pad: 'SAME_UPPER' }),
    averagePool: (x) => graph.call('AveragePool', [x], { kernel_shape: [2, 2], strides: [2, 2] }),
    globalMean: (x) => graph.call('Flatten', [graph.call('GlobalAveragePool', [x])]),
    flatten: (x, image) => {
      const flat = graph.call('Flatten', [x]);
      flattened.set(flat, image);
      return flat;
    },
    dense: (x, w, b, activation) => {
      const image = flattened.get(x);
      const [rows, columns] = w.shape;
      const rowsMoved =
        image && permuted({ values: w.values, shape: [...image, columns] }, [2, 0, 1, 3]).values;
      const weights = rowsMoved === undefined ? w : { values: rowsMoved, shape: [rows, columns] };
      return activate(graph.call('Gemm', [x, put(weights), put(b)]), activation);
    },
    add: (x, y, activation) => activate(graph.call('Add', [x, y]), activation),
    layerNorm: (x, scale, offset) =>
      graph.call('LayerNormalization', [x, put(scale), put(offset)], { axis: -1, epsilon: 1e-5 }),
    gelu: (x) => {
      const cube = graph.call('Mul', [x, graph.call('Mul', [x, x])]);
      const inner = graph.call('Add', [x, graph.call('Mul', [cube, number(0.044715)])]);
      const t = graph.call('Tanh', [graph.call('Mul', [inner, number(Math.sqrt(2 / Math.PI))])]);
      return graph.call('Mul', [graph.call('Mul', [x, number(0.5)]), graph.call('Add', [t, number(1)])]);
    },
    attention: (q, k, v, heads) => {
      const [length, width] = [128, 256];
      const size = width / heads;
      const split = (x: string, perm: number[]): string =>
        graph.call('Transpose', [graph.call('Reshape', [x, shapeOf(length, heads, size)])], { perm });
      const mask = Float32Array.from({ length: length * length }, (_, i) =>
        i % length > Math.floor(i / length) ? -1e9 : 0,
      );
      const scores = graph.call('MatMul', [split(q, [1, 0, 2]), split(k, [1, 2, 0])]);
      const scaled = graph.call('Mul', [scores, number(1 / Math.sqrt(size))]);
      const masked = graph.call('Add', [scaled, graph.constant(mask, [1, length, length])]);
      const mixed = graph.call('MatMul', [
        graph.call('Softmax', [masked], { axis: -1 }),
        split(v, [1, 0, 2]),
      ]);
      const joined = graph.call('Transpose', [mixed], { perm: [1, 0, 2] });
      return graph.call('Reshape', [joined, shapeOf(length, width)]);
    },
    meanOfSteps: (x) => graph.call('ReduceMean', [x], { axes: [0], keepdims: 0 }),
    lstm: (x, w, b) => {
      const hidden = w.shape[1] / 4;
      const inputs = w.shape[0] - hidden;
      // Haiku's order is input, candidate, forget, output; that of ONNX input, output, forget, candidate.
      const order = [0, 3, 2, 1];
      const rows = (from: number, count: number): Array2 => ({
        shape: [1, 4 * hidden, count],
        values: Float32Array.from({ length: 4 * hidden * count }, (_, i) => {
          const [row, column] = [Math.floor(i / count), i % count];
          const gate = order[Math.floor(row / hidden)] * hidden + (row % hidden);
          return w.values[(from + column) * 4 * hidden + gate];
        }),
      });
      const bias = Float32Array.from({ length: 8 * hidden }, (_, i) => {
        if (i >= 4 * hidden) return 0;
        const gate = Math.floor(i / hidden);
        return b.values[order[gate] * hidden + (i % hidden)] + (gate === 2 ? 1 : 0);
      });
      const all = graph.call(
        'LSTM',
        [x, put(rows(0, inputs)), put(rows(inputs, hidden)), graph.constant(bias, [1, 8 * hidden])],
        { hidden_size: hidden },
        3,
      );
      return graph.call('Squeeze', [all, shapeOf(1)]);
    },
  };
}

/** The network as the bytes of an ONNX file, with its input (images as the format wants them) and the name of its output. */
export function onnxModel(network: Network, input: Array2): { bytes: Uint8Array; x: Array2; output: string } {
  const graph = new Graph();
  const output = network(layersOf(graph), 'x');
  const x = input.shape.length === 4 ? permuted(input, [0, 3, 1, 2]) : input;
  return { bytes: graph.model(x.shape, output), x, output };
}

/** A function that runs the network on onnxruntime-web, one thread, optimised as far as it goes. */
export async function onnxRunner(network: Network, input: Array2): Promise<() => Promise<Float32Array>> {
  ort.env.wasm.numThreads = 1;
  ort.env.logLevel = 'error';
  const { bytes, x, output } = onnxModel(network, input);
  const session = await ort.InferenceSession.create(bytes, {
    executionProviders: ['wasm'],
    graphOptimizationLevel: 'all',
  });
  const feed = { x: new ort.Tensor('float32', x.values, x.shape) };
  return async () => (await session.run(feed))[output].data as Float32Array;
}
