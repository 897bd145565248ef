import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import { mergeCommonSubexpressions } from '../../../src/compile/passes/common-subexpressions.js';
import { removeDeadCode } from '../../../src/compile/passes/dead-code.js';
import { fuseFunctions } from '../../../src/compile/passes/fuse-functions.js';
import { kernelsAfter, type Trial } from './run.js';

const passes = [mergeCommonSubexpressions, fuseFunctions, removeDeadCode];

type F = (x: tf.Tensor, s: tf.Tensor, o: tf.Tensor) => tf.Tensor;

function after(f: Trial['f'], shapes: Trial['shapes'] = [[4, 7], [7], [7]]): string[] {
  return kernelsAfter(passes, { f, shapes });
}

/** As Haiku writes it. */
const haikuNorm: F = (x, s, o) => {
  const mean = tf.mean(x, -1, true);
  const variance = tf.mean(tf.square(tf.sub(x, mean)), -1, true);
  return tf.add(tf.mul(tf.mul(s, tf.rsqrt(tf.add(variance, 1e-5))), tf.sub(x, mean)), o);
};

const layerNorms: Record<string, F> = {
  'in the order of Haiku': haikuNorm,
  'in the order of Flax': (x, s, o) => {
    const mean = tf.mean(x, 1, true);
    const y = tf.sub(x, mean);
    const factor = tf.mul(tf.rsqrt(tf.add(tf.mean(tf.mul(y, y), 1, true), 1e-6)), s);
    return tf.add(tf.mul(y, factor), o);
  },
  'by moments and a quotient': (x, s, o) => {
    const { mean, variance } = tf.moments(x, -1, true);
    return tf.add(o, tf.mul(s, tf.div(tf.sub(x, mean), tf.sqrt(tf.add(1e-3, variance)))));
  },
  'by moments without kept axes': (x, s, o) => {
    const { mean, variance } = tf.moments(x, [1]);
    const wide = (t: tf.Tensor): tf.Tensor => tf.reshape(t, [-1, 1]);
    const inverse = tf.rsqrt(tf.add(wide(variance), 1e-5));
    return tf.add(tf.mul(tf.mul(tf.sub(x, wide(mean)), inverse), s), o);
  },
  'as a batch norm is written': (x, s, o) => {
    const mean = tf.mean(x, -1, true);
    const inverse = tf.mul(tf.rsqrt(tf.add(tf.mean(tf.squaredDifference(x, mean), -1, true), 1e-5)), s);
    return tf.add(tf.mul(x, inverse), tf.sub(o, tf.mul(mean, inverse)));
  },
};

describe('layer norms that are written out become one kernel', () => {
  for (const [name, f] of Object.entries(layerNorms)) {
    it(name, () => {
      expect(after(f)).to.deep.equal(['TankaLayerNorm']);
    });
  }

  it('with more axes, one row, and a scale and an offset of the rank of the values', () => {
    expect(after(haikuNorm, [[2, 3, 5], [5], [1, 1, 5]])).to.deep.equal(['TankaLayerNorm']);
    expect(after(haikuNorm, [[9], [9], [9]])).to.deep.equal(['TankaLayerNorm']);
  });

  it('before an offset of each entry, which is added behind it', () => {
    expect(after(haikuNorm, [[4, 7], [7], [4, 7]])).to.deep.equal(['TankaLayerNorm', 'Add']);
  });

  it('without a scale, without an offset, and without both', () => {
    const normal: F = (x) => haikuNorm(x, tf.scalar(1), tf.scalar(0));
    expect(
      after((x: tf.Tensor) => normal(x, x, x)),
      'numbers',
    ).to.deep.equal(['TankaLayerNorm']);
    const bare: F = (x) => {
      const y = tf.sub(x, tf.mean(x, -1, true));
      return tf.mul(y, tf.rsqrt(tf.add(tf.mean(tf.square(y), -1, true), 1e-5)));
    };
    expect(after((x: tf.Tensor) => bare(x, x, x))).to.deep.equal(['TankaLayerNorm']);
    expect(after((x: tf.Tensor, s: tf.Tensor) => tf.mul(bare(x, s, s), s))).to.deep.equal(['TankaLayerNorm']);
    expect(after((x: tf.Tensor, o: tf.Tensor) => tf.add(bare(x, o, o), o))).to.deep.equal(['TankaLayerNorm']);
  });

  const left: Record<string, [f: Trial['f'], shapes?: Trial['shapes']]> = {
    'another axis': [
      (x: tf.Tensor) => {
        const y = tf.sub(x, tf.mean(x, 0, true));
        return tf.mul(y, tf.rsqrt(tf.add(tf.mean(tf.square(y), 0, true), 1e-5)));
      },
    ],
    'all axes': [
      (x: tf.Tensor) => {
        const y = tf.sub(x, tf.mean(x, [0, 1], true));
        return tf.mul(y, tf.rsqrt(tf.add(tf.mean(tf.square(y), [0, 1], true), 1e-5)));
      },
    ],
    'a mean that is read elsewhere': [
      (x: tf.Tensor, s: tf.Tensor, o: tf.Tensor) => [haikuNorm(x, s, o), tf.mean(x, -1, true)],
    ],
    'a variance of other values': [
      (x: tf.Tensor, s: tf.Tensor) => {
        const y = tf.sub(tf.mul(x, x), tf.mean(tf.mul(x, x), -1, true));
        return tf.mul(
          tf.sub(x, tf.mean(x, -1, true)),
          tf.rsqrt(tf.add(tf.mean(tf.square(y), -1, true), tf.sum(s))),
        );
      },
    ],
    'an eps that is no constant': [
      (x: tf.Tensor, eps: tf.Tensor) => {
        const y = tf.sub(x, tf.mean(x, -1, true));
        return tf.mul(y, tf.rsqrt(tf.add(tf.mean(tf.square(y), -1, true), tf.square(eps))));
      },
      [[4, 7], [1]],
    ],
    'a scale of each row': [haikuNorm, [[7, 7], [7, 1], [7]]],
    'a scale that broadcasts to more rows': [haikuNorm, [[1, 7], [4, 7], [7]]],
    'no values': [haikuNorm, [[4, 0], [0], [0]]],
    'the root mean square': [
      (x: tf.Tensor, s: tf.Tensor) =>
        tf.mul(tf.mul(x, tf.rsqrt(tf.add(tf.mean(tf.square(x), -1, true), 1e-5))), s),
    ],
    'another sign': [
      (x: tf.Tensor, s: tf.Tensor) => {
        const mean = tf.mean(x, -1, true);
        const inverse = tf.rsqrt(tf.add(tf.mean(tf.square(tf.sub(x, mean)), -1, true), 1e-5));
        return tf.mul(tf.mul(tf.add(x, mean), inverse), s);
      },
    ],
    'a gradient of it': [
      (x: tf.Tensor, s: tf.Tensor, o: tf.Tensor) =>
        tf.grad((one: tf.Tensor) => tf.sum(tf.square(haikuNorm(one, s, o))))(x),
    ],
  };
  for (const [name, [f, shapes]] of Object.entries(left)) {
    it(`but not with ${name}`, () => {
      expect(after(f, shapes)).not.to.include('TankaLayerNorm');
    });
  }
});

const softmax = (x: tf.Tensor, axis = -1): tf.Tensor => {
  const e = tf.exp(tf.sub(x, tf.max(x, axis, true)));
  return tf.div(e, tf.sum(e, axis, true));
};

describe('softmax that is written out becomes one kernel', () => {
  it('as a quotient, and as a product', () => {
    expect(after((x: tf.Tensor) => softmax(x))).to.deep.equal(['Softmax']);
    const product = (x: tf.Tensor): tf.Tensor => {
      const e = tf.exp(tf.sub(x, tf.max(x, 2, true)));
      return tf.mul(tf.reciprocal(tf.sum(e, 2, true)), e);
    };
    expect(after(product, [[2, 3, 5]])).to.deep.equal(['Softmax']);
  });

  it('and its logarithm: of TensorFlow.js, and less the logarithm of the sum', () => {
    expect(after((x: tf.Tensor) => tf.logSoftmax(x))).to.deep.equal(['TankaLogSoftmax']);
    expect(after((x: tf.Tensor) => tf.sub(x, tf.logSumExp(x, -1, true)))).to.deep.equal(['TankaLogSoftmax']);
  });

  it('in a training step, whose gradient reads only its result', () => {
    const step = (x: tf.Tensor, y: tf.Tensor): tf.Tensor =>
      tf.grad((one: tf.Tensor) => tf.neg(tf.sum(tf.mul(y, tf.logSoftmax(one)))))(x);
    expect(
      after(step, [
        [4, 7],
        [4, 7],
      ]),
    ).to.include('TankaLogSoftmax');
  });

  const left: Record<string, Trial['f']> = {
    'another axis': (x: tf.Tensor) => softmax(x, 0),
    'exponentials that are read elsewhere': (x: tf.Tensor) => {
      const e = tf.exp(tf.sub(x, tf.max(x, -1, true)));
      return [tf.div(e, tf.sum(e, -1, true)), tf.mul(e, 2)];
    },
    'the sum of all': (x: tf.Tensor) => {
      const e = tf.exp(tf.sub(x, tf.max(x, -1, true)));
      return tf.div(e, tf.sum(e));
    },
    'the largest of others': (x: tf.Tensor, y: tf.Tensor) => {
      const e = tf.exp(tf.sub(x, tf.max(tf.tile(tf.reshape(y, [1, -1]), [4, 1]), -1, true)));
      return tf.div(e, tf.sum(e, -1, true));
    },
    'rows that are counted twice': (x: tf.Tensor) => {
      const e = tf.exp(tf.sub(x, tf.max(x, -1, true)));
      return tf.div(tf.mul(e, e), tf.sum(e, -1, true));
    },
  };
  for (const [name, f] of Object.entries(left)) {
    it(`but not with ${name}`, () => {
      expect(after(f)).not.to.include('Softmax');
    });
  }

  it('but not of square shapes with a sum along the other axis', () => {
    const f = (x: tf.Tensor): tf.Tensor => {
      const e = tf.exp(tf.sub(x, tf.max(x, -1, true)));
      return tf.div(e, tf.sum(e, -1));
    };
    expect(after(f, [[5, 5]])).not.to.include('Softmax');
    expect(after((x: tf.Tensor) => tf.sub(x, tf.logSumExp(x, -1)), [[5, 5]])).not.to.include(
      'TankaLogSoftmax',
    );
  });
});

const c = Math.sqrt(2 / Math.PI);

const gelus: Record<string, (x: tf.Tensor) => tf.Tensor> = {
  'by the error function': (x) => tf.mul(tf.mul(x, 0.5), tf.add(1, tf.erf(tf.div(x, Math.SQRT2)))),
  'by the error function, all at the end': (x) =>
    tf.div(tf.mul(tf.add(tf.erf(tf.mul(Math.SQRT1_2, x)), 1), x), 2),
  'by the error function, as a distribution': (x) =>
    tf.mul(x, tf.add(tf.mul(0.5, tf.erf(tf.mul(x, Math.SQRT1_2))), 0.5)),
  'by a hyperbolic tangent and a power': (x) =>
    tf.mul(tf.mul(0.5, x), tf.add(1, tf.tanh(tf.mul(c, tf.add(x, tf.mul(0.044715, tf.pow(x, 3))))))),
  'by a hyperbolic tangent and a square': (x) =>
    tf.mul(
      x,
      tf.mul(
        0.5,
        tf.add(1, tf.tanh(tf.mul(tf.mul(x, 0.7978845608), tf.add(1, tf.mul(0.044715, tf.square(x)))))),
      ),
    ),
  'by a sigmoid': (x) =>
    tf.mul(x, tf.sigmoid(tf.mul(2 * c, tf.add(x, tf.mul(0.044715, tf.mul(x, tf.mul(x, x))))))),
};

describe('gelu and silu that are written out become one kernel', () => {
  for (const [name, f] of Object.entries(gelus)) {
    it(`gelu ${name}`, () => {
      expect(after(f)).to.deep.equal(['TankaGelu']);
    });
  }

  it('silu', () => {
    expect(after((x: tf.Tensor) => tf.mul(tf.sigmoid(x), x))).to.deep.equal(['TankaSilu']);
  });

  it('of a sum, whose parts are no variable of it', () => {
    const f = (x: tf.Tensor, y: tf.Tensor): tf.Tensor => gelus['by the error function'](tf.add(x, y));
    expect(after(f, [[4, 7], [7]])).to.deep.equal(['Add', 'TankaGelu']);
    const g = (x: tf.Tensor, y: tf.Tensor): tf.Tensor => {
      const sum = tf.mul(x, y);
      return tf.mul(sum, tf.sigmoid(sum));
    };
    expect(
      after(g, [
        [4, 7],
        [4, 1],
      ]),
    ).to.deep.equal(['Multiply', 'TankaSilu']);
  });

  const left: Record<string, [f: Trial['f'], shapes?: Trial['shapes']]> = {
    'a factor that is not quite it': [(x: tf.Tensor) => tf.mul(x, tf.sigmoid(tf.mul(x, 1.0001)))],
    'a slower sigmoid': [(x: tf.Tensor) => tf.mul(x, tf.sigmoid(tf.mul(x, 1.702)))],
    'other values inside': [(x: tf.Tensor, y: tf.Tensor) => tf.mul(x, tf.sigmoid(y))],
    'a variable that broadcasts': [(x: tf.Tensor) => tf.mul(tf.sum(x, 0, true), tf.sigmoid(x)), [[4, 7]]],
    'a sigmoid that is read elsewhere': [
      (x: tf.Tensor) => {
        const s = tf.sigmoid(x);
        return [tf.mul(x, s), s];
      },
    ],
    'a sigmoid that is a result': [
      (x: tf.Tensor) => {
        const s = tf.tanh(tf.mul(c, tf.add(x, tf.mul(0.044715, tf.pow(x, 3)))));
        return [tf.mul(tf.mul(x, 0.5), tf.add(s, 1)), tf.reshape(s, [-1])];
      },
    ],
    'a hyperbolic tangent where the error function belongs': [
      (x: tf.Tensor) => tf.mul(tf.mul(x, 0.5), tf.add(1, tf.tanh(tf.mul(x, Math.SQRT1_2)))),
    ],
    'a gradient': [(x: tf.Tensor) => tf.grad((one: tf.Tensor) => tf.mul(one, tf.sigmoid(one)))(x)],
  };
  for (const [name, [f, shapes]] of Object.entries(left)) {
    it(`but not with ${name}`, () => {
      const names = after(f, shapes);
      expect(names).not.to.include('TankaSilu');
      expect(names).not.to.include('TankaGelu');
    });
  }
});
