/**
 * The raw exports of the binaries, one entry a function of `assembly/`: the typed view that kernels, and whoever calls
 * kernels by pointer, share.
 *
 * All pointers are byte addresses in the heap of the backend, 4-byte aligned; counts and strides are in elements.
 * Nothing is allocated inside: where a function works on scratch, `…Scratch` gives its size in bytes.
 * `activation`: 0 linear, 1 relu, 2 relu6. A `bias` of 0 is none.
 */
export interface RawKernels {
  /** Bytes of scratch for {@link RawKernels.gemm}. */
  gemmScratch(m: number, n: number, k: number): number;
  /** `c[m, n] = activation(a[m, k] · b[k, n] + bias[n])`; added to `c` first when `accumulate` is 1. `a` and `b` have any strides. */
  gemm(
    m: number,
    n: number,
    k: number,
    a: number,
    rowStrideA: number,
    columnStrideA: number,
    b: number,
    rowStrideB: number,
    columnStrideB: number,
    c: number,
    strideC: number,
    bias: number,
    activation: number,
    accumulate: number,
    scratch: number,
  ): void;
  /** Bytes that {@link RawKernels.packB} writes. */
  packedBytes(k: number, n: number): number;
  /** Packs `b[k, n]` of any strides into panels of 8 columns. */
  packB(k: number, n: number, b: number, rowStride: number, columnStride: number, packed: number): void;
  /** Sets `bytes` bytes to zero. */
  clear(pointer: number, bytes: number): void;
  /** Copies an image `[height, width, channels]` into a larger one of zeros. */
  padImage(
    x: number,
    height: number,
    width: number,
    channels: number,
    top: number,
    left: number,
    paddedHeight: number,
    paddedWidth: number,
    out: number,
  ): void;
  /** Bytes of scratch for {@link RawKernels.conv2dFilterGradient}. */
  conv2dFilterGradientScratch(outHeight: number, outWidth: number, outChannels: number): number;
  /** Adds one (padded) image's share to the gradient of an HWIO filter; overwrites it when `accumulate` is 0. */
  conv2dFilterGradient(
    x: number,
    width: number,
    channels: number,
    dy: number,
    outHeight: number,
    outWidth: number,
    outChannels: number,
    dw: number,
    kernelHeight: number,
    kernelWidth: number,
    strideHeight: number,
    strideWidth: number,
    dilationHeight: number,
    dilationWidth: number,
    accumulate: number,
    scratch: number,
  ): void;
  /**
   * Convolution of one (padded) image with a filter packed by {@link RawKernels.packB}, plus bias and activation; added
   * to `y` first when `accumulate` is 1. Steps in elements of `x` between taps and between outputs, of `y` between outputs.
   */
  conv2d(
    x: number,
    channels: number,
    kernelHeight: number,
    kernelWidth: number,
    tapRow: number,
    tapColumn: number,
    rowX: number,
    pixelX: number,
    packed: number,
    y: number,
    outHeight: number,
    outWidth: number,
    outChannels: number,
    rowY: number,
    pixelY: number,
    bias: number,
    activation: number,
    accumulate: number,
  ): void;
  /** Packs the transposed taps of a filter that one phase of an input gradient uses. */
  packTaps(
    w: number,
    kernelWidth: number,
    channels: number,
    outChannels: number,
    rows: number,
    firstRow: number,
    stepRow: number,
    columns: number,
    firstColumn: number,
    stepColumn: number,
    packed: number,
  ): void;
  /**
   * Pools, channels last. `mode` 0: largest, 1: mean of what a window covers, 2 and 3: their gradients, from `y` (= dy)
   * added to `dx`, 4: largest with its index in `dx`. A plane has depths of 1 and `front` 0.
   */
  pool(
    mode: number,
    x: number,
    y: number,
    dx: number,
    batch: number,
    channels: number,
    inDepth: number,
    inHeight: number,
    inWidth: number,
    outDepth: number,
    outHeight: number,
    outWidth: number,
    kernelDepth: number,
    kernelHeight: number,
    kernelWidth: number,
    strideDepth: number,
    strideHeight: number,
    strideWidth: number,
    dilationDepth: number,
    dilationHeight: number,
    dilationWidth: number,
    front: number,
    top: number,
    left: number,
    wholeIndex: number,
  ): void;
  /** Depthwise convolution, channels last, with bias and activation. */
  depthwise(
    x: number,
    w: number,
    bias: number,
    y: number,
    batch: number,
    channels: number,
    multiplier: number,
    inHeight: number,
    inWidth: number,
    outHeight: number,
    outWidth: number,
    kernelHeight: number,
    kernelWidth: number,
    strideHeight: number,
    strideWidth: number,
    dilationHeight: number,
    dilationWidth: number,
    top: number,
    left: number,
    activation: number,
  ): void;
  /** Its gradient with respect to the input. */
  depthwiseInputGradient(
    dy: number,
    w: number,
    dx: number,
    batch: number,
    channels: number,
    multiplier: number,
    inHeight: number,
    inWidth: number,
    outHeight: number,
    outWidth: number,
    kernelHeight: number,
    kernelWidth: number,
    strideHeight: number,
    strideWidth: number,
    dilationHeight: number,
    dilationWidth: number,
    top: number,
    left: number,
  ): void;
  /** Its gradient with respect to the filter, added to `dw`. */
  depthwiseFilterGradient(
    x: number,
    dy: number,
    dw: number,
    batch: number,
    channels: number,
    multiplier: number,
    inHeight: number,
    inWidth: number,
    outHeight: number,
    outWidth: number,
    kernelHeight: number,
    kernelWidth: number,
    strideHeight: number,
    strideWidth: number,
    dilationHeight: number,
    dilationWidth: number,
    top: number,
    left: number,
  ): void;
  /** Morphological dilation (`mode` 0), `dy` added to the gradient of its input (1) or of its filter (2). */
  dilation2d(
    mode: number,
    x: number,
    filter: number,
    dy: number,
    out: number,
    batch: number,
    channels: number,
    inHeight: number,
    inWidth: number,
    outHeight: number,
    outWidth: number,
    kernelHeight: number,
    kernelWidth: number,
    strideHeight: number,
    strideWidth: number,
    dilationHeight: number,
    dilationWidth: number,
    top: number,
    left: number,
  ): void;
  /** `y = x + scale * d`; `y` may be `x`. */
  addScaled(n: number, x: number, d: number, scale: number, y: number): void;
  /** SGD with momentum, in place: `trace = gradient + decay * trace`, `parameter -= rate * (nesterov ? gradient + decay * trace : trace)`. */
  momentum(
    n: number,
    parameter: number,
    trace: number,
    gradient: number,
    rate: number,
    decay: number,
    nesterov: number,
  ): void;
  /** Adam with decoupled weight decay, in place; the corrections are `1 / (1 - beta ** count)`. */
  adam(
    n: number,
    parameter: number,
    first: number,
    second: number,
    gradient: number,
    rate: number,
    beta1: number,
    beta2: number,
    correction1: number,
    correction2: number,
    epsilon: number,
    epsilonRoot: number,
    weightDecay: number,
  ): void;
}
