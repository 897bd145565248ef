/** Geometry of a two-dimensional convolution, NHWC and HWIO. */
export interface Conv2DCase {
  readonly batch: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly kernel: readonly [number, number];
  readonly outChannels: number;
  readonly strides: readonly [number, number];
  readonly dilations: readonly [number, number];
  /** Top, bottom, left, right. */
  readonly pad: readonly [number, number, number, number];
}

/** `[height, width]` of the output. */
export function outputSize({ height, width, kernel, strides, dilations, pad }: Conv2DCase): [number, number] {
  const size = (n: number, k: number, s: number, d: number): number =>
    Math.floor((n - (k - 1) * d - 1) / s) + 1;
  return [
    size(height + pad[0] + pad[1], kernel[0], strides[0], dilations[0]),
    size(width + pad[2] + pad[3], kernel[1], strides[1], dilations[1]),
  ];
}

/** Calls `visit(x, w, y)` with the indices of each product `x[.] * w[.]` that is added to `y[.]`. */
export function eachProduct(c: Conv2DCase, visit: (x: number, w: number, y: number) => void): void {
  const [outHeight, outWidth] = outputSize(c);
  for (let b = 0; b < c.batch; b++)
    for (let oy = 0; oy < outHeight; oy++)
      for (let ox = 0; ox < outWidth; ox++)
        for (let ky = 0; ky < c.kernel[0]; ky++)
          for (let kx = 0; kx < c.kernel[1]; kx++) {
            const iy = oy * c.strides[0] - c.pad[0] + ky * c.dilations[0];
            const ix = ox * c.strides[1] - c.pad[2] + kx * c.dilations[1];
            if (iy < 0 || iy >= c.height || ix < 0 || ix >= c.width) continue;
            for (let ci = 0; ci < c.channels; ci++)
              for (let co = 0; co < c.outChannels; co++)
                visit(
                  ((b * c.height + iy) * c.width + ix) * c.channels + ci,
                  ((ky * c.kernel[1] + kx) * c.channels + ci) * c.outChannels + co,
                  ((b * outHeight + oy) * outWidth + ox) * c.outChannels + co,
                );
          }
}

/** The three products of a convolution, summed in f64: the output, and both gradients of `sum(y * dy)`. */
export function conv2dReference(
  c: Conv2DCase,
  x: Float32Array,
  w: Float32Array,
  dy: Float32Array,
): { y: Float32Array; dx: Float32Array; dw: Float32Array } {
  const y = new Float64Array(dy.length);
  const dx = new Float64Array(x.length);
  const dw = new Float64Array(w.length);
  eachProduct(c, (i, j, o) => {
    y[o] += x[i] * w[j];
    dx[i] += w[j] * dy[o];
    dw[j] += x[i] * dy[o];
  });
  return { y: Float32Array.from(y), dx: Float32Array.from(dx), dw: Float32Array.from(dw) };
}
