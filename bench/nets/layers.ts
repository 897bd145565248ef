/** Weights in TensorFlow.js' layouts. */
export interface Array2 {
  readonly values: Float32Array;
  readonly shape: readonly number[];
}

export type Activation = 'linear' | 'relu' | 'relu6';

/** The layers that the networks of the benchmark are made of; `T` is what a peer computes with. Images are `[N, H, W, C]`. */
export interface Layers<T> {
  conv(x: T, w: Array2, b: Array2, stride: number, pad: 'same' | 'valid', activation: Activation): T;
  /** Padded by 1 on each side. */
  depthwise(x: T, w: Array2, b: Array2, stride: number, activation: Activation): T;
  /** 3×3, stride 2, padded as needed. */
  maxPool(x: T): T;
  /** 2×2, stride 2. */
  averagePool(x: T): T;
  globalMean(x: T): T;
  /** `[N, H * W * C]` in this order, of an image of this size. */
  flatten(x: T, image: readonly [height: number, width: number, channels: number]): T;
  /** `x[..., i] · w[i, o] + b[o]`. */
  dense(x: T, w: Array2, b: Array2, activation: 'linear' | 'relu'): T;
  /** The sum, with relu where asked for. */
  add(x: T, y: T, activation: 'linear' | 'relu'): T;
  layerNorm(x: T, scale: Array2, offset: Array2): T;
  /** The tanh form. */
  gelu(x: T): T;
  /** Causal attention of `[T, D]`. */
  attention(q: T, k: T, v: T, heads: number): T;
  /** Haiku's gates: input, candidate, forget (plus 1), output; `w[inputs + hidden, 4 * hidden]`. Hidden states of all steps. */
  lstm(x: T, w: Array2, b: Array2): T;
  /** Of the hidden states of all steps, `[batch, width]`; in training alone. */
  meanOfSteps(x: T): T;
}

/** A network on one input. */
export type Network = <T>(layers: Layers<T>, x: T) => T;
