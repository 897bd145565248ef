// Morphological dilation, NHWC: the largest of input plus filter over each window; filter [kernelHeight, kernelWidth, channels].

/**
 * `mode` 0: `out` is the result. 1: `dy` is added to `out` at the input that gave the largest. 2: at the filter's entry
 * that gave it. The first of equals counts; what lies outside never does.
 */
export function dilation2d(
  mode: i32, x: usize, filter: usize, dy: usize, out: usize, batch: i32, channels: i32,
  inHeight: i32, inWidth: i32, outHeight: i32, outWidth: i32, kernelHeight: i32, kernelWidth: i32,
  strideHeight: i32, strideWidth: i32, dilationHeight: i32, dilationWidth: i32, top: i32, left: i32,
): void {
  for (let b = 0; b < batch; b++) {
    for (let oy = 0; oy < outHeight; oy++) {
      for (let ox = 0; ox < outWidth; ox++) {
        for (let c = 0; c < channels; c++) {
          let largest: f32 = -Infinity;
          let from = -1, tap = -1;
          for (let ky = 0; ky < kernelHeight; ky++) {
            const iy = oy * strideHeight - top + ky * dilationHeight;
            if (iy < 0 || iy >= inHeight) continue;
            for (let kx = 0; kx < kernelWidth; kx++) {
              const ix = ox * strideWidth - left + kx * dilationWidth;
              if (ix < 0 || ix >= inWidth) continue;
              const at = ((b * inHeight + iy) * inWidth + ix) * channels + c;
              const k = (ky * kernelWidth + kx) * channels + c;
              const value = load<f32>(x + (<usize>at << 2)) + load<f32>(filter + (<usize>k << 2));
              if (value > largest || from < 0 || (value != value && largest == largest)) {
                largest = value;
                from = at;
                tap = k;
              }
            }
          }
          const position = <usize>(((b * outHeight + oy) * outWidth + ox) * channels + c) << 2;
          if (mode == 0) {
            store<f32>(out + position, largest);
          } else if (from >= 0) {
            const to = out + (<usize>(mode == 1 ? from : tap) << 2);
            store<f32>(to, load<f32>(to) + load<f32>(dy + position));
          }
        }
      }
    }
  }
}
