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
  /** The same with a `b` packed whole by {@link RawKernels.packB}. */
  gemmPacked(
    m: number,
    n: number,
    k: number,
    a: number,
    rowStrideA: number,
    columnStrideA: number,
    packed: number,
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
  /** Bytes of scratch for {@link RawKernels.conv2d}. */
  conv2dScratch(kernelHeight: number, kernelWidth: number, channels: number): number;
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
    scratch: number,
  ): void;
  /** Bytes that {@link RawKernels.packWinograd} writes. */
  winogradBytes(channels: number, outChannels: number): number;
  /** Transforms a 3 x 3 filter for {@link RawKernels.winograd}; steps of `w` in elements, of any sign. */
  packWinograd(
    w: number,
    tapRow: number,
    tapColumn: number,
    stepChannel: number,
    stepOut: number,
    channels: number,
    outChannels: number,
    packed: number,
  ): void;
  /** Bytes of scratch for {@link RawKernels.winograd}. */
  winogradScratch(
    batch: number,
    outHeight: number,
    outWidth: number,
    channels: number,
    outChannels: number,
  ): number;
  /**
   * Convolution of images with a 3 x 3 window that moves by one, `top` rows and `left` columns of zeros before them, plus bias,
   * `residual` (which lies as `y` does, and elsewhere; 0 is none) and activation. `w` and its steps say where the filter itself lies: results that are not finite are computed from it.
   */
  winograd(
    x: number,
    batch: number,
    height: number,
    width: number,
    channels: number,
    top: number,
    left: number,
    packed: number,
    w: number,
    tapRow: number,
    tapColumn: number,
    stepChannel: number,
    stepOut: number,
    y: number,
    outHeight: number,
    outWidth: number,
    outChannels: number,
    bias: number,
    residual: number,
    activation: number,
    scratch: number,
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
  /** Bytes of scratch for {@link RawKernels.pool}. */
  poolScratch(channels: number, inWidth: number): number;
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
    scratch: number,
  ): void;
  /** `y = f(x)` over `n` floats; the functions by number in `kernels/unary.ts`, `p` and `q` their parameters. */
  unary(f: number, n: number, x: number, y: number, p: number, q: number): void;
  /** `dx = dy * gelu'(x)`, in the tanh form. */
  geluTanhGradient(n: number, x: number, dy: number, dx: number): void;
  /** `dx = dy * gelu'(x)`, in the erf form. */
  geluErfGradient(n: number, x: number, dy: number, dx: number): void;
  /**
   * `out = f(a, b)` with broadcasting; the functions by number in `kernels/binary.ts`. The innermost axis has `n` entries
   * on which an operand steps by 1 or 0; `table` has four integers for each of the `rank` outer axes.
   */
  binary(
    f: number,
    n: number,
    a: number,
    stepA: number,
    b: number,
    stepB: number,
    out: number,
    rank: number,
    table: number,
  ): void;
  /** {@link RawKernels.binary} with one outer axis, along which the operands move by `moveA` and `moveB` bytes. */
  binaryRows(
    f: number,
    rows: number,
    moveA: number,
    moveB: number,
    n: number,
    a: number,
    stepA: number,
    b: number,
    stepB: number,
    out: number,
  ): void;
  /** `out = condition ? a : b` over `n` values of four bytes. */
  select(n: number, condition: number, a: number, b: number, out: number): void;
  /** `out[outer, inner] = Σ x[outer, n, inner] / count`. */
  reduceSum(outer: number, n: number, inner: number, x: number, out: number, count: number): void;
  reduceMax(outer: number, n: number, inner: number, x: number, out: number): void;
  reduceMin(outer: number, n: number, inner: number, x: number, out: number): void;
  reduceProd(outer: number, n: number, inner: number, x: number, out: number): void;
  /** Of integers: 0 sum, 1 product, 2 largest, 3 smallest. */
  reduceInt(f: number, outer: number, n: number, inner: number, x: number, out: number): void;
  /** Of truth values: 1 all, 0 any. */
  reduceTruth(all: number, outer: number, n: number, inner: number, x: number, out: number): void;
  /** Running sum (`product` 0) or product along the middle axis. */
  scan(
    product: number,
    exclusive: number,
    reverse: number,
    outer: number,
    n: number,
    inner: number,
    x: number,
    out: number,
  ): void;
  scanInt(
    product: number,
    exclusive: number,
    reverse: number,
    outer: number,
    n: number,
    inner: number,
    x: number,
    out: number,
  ): void;
  /** `y` may be `x`; 64 bytes of scratch. */
  softmax(rows: number, n: number, x: number, y: number, scratch: number): void;
  /** The same of the logarithm. */
  logSoftmax(rows: number, n: number, x: number, y: number, scratch: number): void;
  /** Of softmax, or with `logarithm` 1 of its logarithm, from the output `y`. */
  softmaxGradient(rows: number, n: number, y: number, dy: number, dx: number, logarithm: number): void;
  /** `statistics[rows, 2]` receives each row's mean and inverse deviation. */
  layerNorm(
    rows: number,
    n: number,
    x: number,
    scale: number,
    offset: number,
    eps: number,
    y: number,
    statistics: number,
  ): void;
  /** `dScale` and `dOffset` are added to. */
  layerNormGradient(
    rows: number,
    n: number,
    x: number,
    scale: number,
    dy: number,
    statistics: number,
    dx: number,
    dScale: number,
    dOffset: number,
  ): void;
  /** `y = (x - mean) / √(variance + eps) * scale + offset`, all of one value a column; scale and offset may be 0, none. `4 * n` bytes of scratch. */
  batchNorm(
    rows: number,
    n: number,
    x: number,
    mean: number,
    variance: number,
    scale: number,
    offset: number,
    eps: number,
    y: number,
    scratch: number,
  ): void;
  /** Copies to a contiguous `out`; `table` has three integers (size, stride in bytes, room) for each outer axis. */
  copyStrided(
    rank: number,
    table: number,
    n: number,
    inner: number,
    bytes: number,
    x: number,
    out: number,
  ): void;
  /**
   * Transposes the planes `[rows, columns]` of a tensor of four-byte entries, `columns` neighbours in `x`; strides in bytes. `table` holds for
   * each other axis its size, the bytes by which `x` and `out` move along it, and room for a counter.
   */
  transposePlanes(
    rank: number,
    table: number,
    rows: number,
    columns: number,
    x: number,
    strideX: number,
    out: number,
    strideOut: number,
  ): void;
  /** Copies `rows` pieces of `bytes` bytes; strides in bytes. */
  copyRows(rows: number, bytes: number, x: number, strideX: number, out: number, strideOut: number): void;
  /** Sets `n` floats to `value`. */
  fill(n: number, value: number, out: number): void;
  /** Gives back the place of an index outside, or -1. */
  gather(
    batch: number,
    outer: number,
    size: number,
    picks: number,
    bytes: number,
    x: number,
    indices: number,
    out: number,
  ): number;
  segmentSum(
    rows: number,
    n: number,
    segments: number,
    x: number,
    ids: number,
    out: number,
    integers: number,
  ): void;
  /** `on` and `off` are bits of the result's dtype. */
  oneHot(
    n: number,
    depth: number,
    indices: number,
    on: number,
    off: number,
    bytes: number,
    out: number,
  ): void;
  /** 0 float to integer, 1 integer to float, 2 truth to integer, 3 truth to float, 4 float to truth, 5 integer to truth. */
  cast(kind: number, n: number, x: number, out: number): void;
  clipInt(n: number, x: number, out: number, low: number, high: number): void;
  /** `c[m, n] = a · b` of integers, strides in entries. */
  matMulInt(
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
  ): void;
  /** Bytes of scratch for {@link RawKernels.depthwise}. */
  depthwiseScratch(
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
  ): number;
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
    scratch: number,
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
  /**
   * Optax' `scaleByAdam` of one array, its update multiplied by `scale`; the corrections are read from memory, where they are
   * `1 - beta ** count`. `n1` and `n2` are `1 - beta1` and `1 - beta2`.
   */
  scaleByAdam(
    n: number,
    gradient: number,
    first: number,
    second: number,
    correctionFirst: number,
    correctionGradient: number,
    correctionSecond: number,
    beta1: number,
    n1: number,
    beta2: number,
    n2: number,
    epsilon: number,
    epsilonRoot: number,
    nesterov: number,
    scale: number,
    update: number,
    nextFirst: number,
    nextSecond: number,
  ): void;
  /** LSTM between its products: `gates[batch, 4 * hidden]` = input, candidate, forget, output before their activations. */
  lstmCell(
    batch: number,
    hidden: number,
    gates: number,
    cell: number,
    forgetBias: number,
    nextCell: number,
    nextHidden: number,
  ): void;
  /** The same, keeping the activations of the gates and the `tanh` of the new cell, each `[batch, hidden]`. */
  lstmCellKept(
    batch: number,
    hidden: number,
    gates: number,
    cell: number,
    forgetBias: number,
    nextCell: number,
    nextHidden: number,
    input: number,
    candidate: number,
    forget: number,
    output: number,
    curved: number,
  ): void;
  /** Its gradient with respect to the gates and the old cell; `dNextCell` is 0 for none, and `dCell` may lie there. */
  lstmCellGradient(
    batch: number,
    hidden: number,
    input: number,
    candidate: number,
    forget: number,
    output: number,
    curved: number,
    cell: number,
    dNextCell: number,
    dNextHidden: number,
    dGates: number,
    dCell: number,
  ): void;
  /** GRU, first half: `gates[batch, 2 * hidden]` = update, reset; gives both gates and the state times the reset gate. */
  gruGates(
    batch: number,
    hidden: number,
    gates: number,
    state: number,
    update: number,
    reset: number,
    resetState: number,
  ): void;
  /** GRU, second half: `next = (1 - update) * state + update * tanh(candidate)`; the `tanh` stays in `candidate`. */
  gruState(n: number, update: number, candidate: number, state: number, next: number): void;
  /** Gradients of both gates before their activations, and of the state but for what comes through the gates, `other` (0 for none) added. */
  gruGatesGradient(
    batch: number,
    hidden: number,
    update: number,
    reset: number,
    candidate: number,
    state: number,
    dNext: number,
    dResetState: number,
    other: number,
    dGates: number,
    dState: number,
  ): void;
  /** GRU that resets behind its product: of the shares of input and state, `[batch, 3 * hidden]` = update, reset, candidate. */
  gruAfter(batch: number, hidden: number, x: number, product: number, state: number, next: number): void;
  /** `x = mask ? x * scale : masked` in place; `mask` has one byte an entry, and 0 is none. */
  scaleAndMask(n: number, x: number, scale: number, mask: number, masked: number): void;
}
