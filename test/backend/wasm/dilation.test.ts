import {
  dilation2d,
  dispose,
  grads,
  mul,
  sum,
  tensor,
  tidy,
  type Tensor,
  type Tensor3D,
  type Tensor4D,
} from '@tensorflow/tfjs-core';
import { expectClose } from '../../support/compare.js';
import { values } from '../../support/values.js';

describe('morphological dilation on WASM', () => {
  for (const shift of [0, -20]) {
    it(`is right where all values are around ${shift}, with the gradients of input and filter`, () => {
      const [height, width, channels, stride, rate] = [6, 5, 3, 2, 2];
      const x = values(2 * height * width * channels, 1).map((v) => v + shift);
      const filter = values(2 * 3 * channels, 2);
      // SAME: three outputs an axis; the window spans 3 rows and 5 columns.
      const [top, left] = [0, 2];
      const dy = values(2 * 3 * 3 * channels, 3);
      const y = new Float32Array(dy.length);
      const dx = new Float32Array(x.length);
      const dw = new Float32Array(filter.length);
      for (let o = 0; o < y.length; o++) {
        const c = o % channels;
        const [b, oy, ox] = [
          Math.floor(o / (9 * channels)),
          Math.floor(o / (3 * channels)) % 3,
          Math.floor(o / channels) % 3,
        ];
        let [largest, from, tap] = [-Infinity, -1, -1];
        for (let k = 0; k < 6; k++) {
          const iy = oy * stride - top + Math.floor(k / 3) * rate;
          const ix = ox * stride - left + (k % 3) * rate;
          if (iy < 0 || iy >= height || ix < 0 || ix >= width) continue;
          const at = ((b * height + iy) * width + ix) * channels + c;
          const value = Math.fround(x[at] + filter[k * channels + c]);
          if (value > largest) [largest, from, tap] = [value, at, k * channels + c];
        }
        y[o] = largest;
        dx[from] += dy[o];
        dw[tap] += dy[o];
      }
      const results = tidy(() => {
        const [tx, tw, tdy] = [
          tensor(x, [2, height, width, channels]),
          tensor(filter, [2, 3, channels]),
          tensor(dy, [2, 3, 3, channels]),
        ];
        const run = (a: Tensor, f: Tensor): Tensor =>
          dilation2d(a as Tensor4D, f as Tensor3D, stride, 'same', rate);
        return [run(tx, tw), ...grads((a: Tensor, f: Tensor) => sum(mul(run(a, f), tdy)))([tx, tw])];
      });
      expectClose(results[0], y, 1e-6, 'y');
      expectClose(results[1], dx, 1e-6, 'dx');
      expectClose(results[2], dw, 2e-6, 'dw');
      dispose(results);
    });
  }
});
