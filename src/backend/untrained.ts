import { keep, Optimizer, tidy, type Scalar } from '@tensorflow/tfjs-core';

const mended = Symbol.for('tanka.untrained');

/**
 * Lets an optimizer minimize a loss that depends on no trainable variable: the loss is computed, and nothing changes. TensorFlow.js
 * throws, so that `fit` refuses a model of frozen layers or of functions alone, which Keras trains: their state moves all the same.
 */
export function allowNothingToTrain(): void {
  const prototype = Optimizer.prototype as Optimizer & { [mended]?: true };
  if (prototype[mended]) return;
  prototype[mended] = true;
  // eslint-disable-next-line @typescript-eslint/unbound-method -- called with the optimizer below
  const { minimize } = prototype;
  prototype.minimize = function (this: Optimizer, f, returnCost = false, varList): Scalar | null {
    if (varList?.some(({ trainable }) => trainable) ?? true) {
      return minimize.call(this, f, returnCost, varList);
    }
    const cost = tidy(() => keep(f()));
    if (returnCost) return cost;
    cost.dispose();
    return null;
  };
}
