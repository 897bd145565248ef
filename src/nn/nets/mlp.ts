import type { Tensor } from '@tensorflow/tfjs-core';
import { TankaError } from '../../errors/tanka-error.js';
import { layer } from '../../module/layer.js';
import { Module, type ModuleOptions } from '../../module/module.js';
import type { ForcedName } from '../../module/names.js';
import type { Initializer } from '../../module/parameters.js';
import type { PRNGKey } from '../../random/key.js';
import { PRNGSequence } from '../../random/prng-sequence.js';
import { dropoutOf } from '../dropout.js';
import { relu } from '../functions/relu.js';
import { Linear } from '../linear.js';
import { checkedList, checkFunction, checkOptions } from '../option-checks.js';
import { nameOf } from '../input-checks.js';

/** Options of {@link MLP}. */
export interface MLPOptions extends ModuleOptions {
  /** Of each `w`. Default: that of {@link Linear}. */
  readonly wInit?: Initializer;
  /** Of each `b`. Default: zeros. */
  readonly bInit?: Initializer;
  /** Adds a bias in each layer. Default `true`. */
  readonly withBias?: boolean;
  /** Applied between the layers. Default: {@link relu}. */
  readonly activation?: (x: Tensor) => Tensor;
  /** Applies the activation after the last layer too. Default `false`. */
  readonly activateFinal?: boolean;
}

/** Options of {@link MLP.call}. */
export interface MLPCallOptions {
  /** Share of the values dropped before each activation; needs `rng`. */
  readonly dropoutRate?: number | null;
  /** Where the keys of the dropout come from; only together with `dropoutRate`. */
  readonly rng?: PRNGKey | number | bigint | null;
}

/** Options of {@link MLP.reverse}. */
export interface MLPReverseOptions {
  /** Default: that of the network which is reversed. */
  readonly activateFinal?: boolean;
  /** Default: the name of the network which is reversed, with `_reversed`. */
  readonly name?: string | ForcedName;
}

/**
 * Multi-layer perceptron: {@link Linear} layers `linear_0`, `linear_1` … with an activation between them.
 */
@layer('MLP', ['outputSizes'], { withBias: true, activation: relu, activateFinal: false })
export class MLP extends Module {
  readonly layers: readonly Linear[];
  /** Size of the last layer; `undefined` without layers. */
  readonly outputSize: number | undefined;

  /** @throws `layer-options`, also for `bInit` together with `withBias: false` */
  constructor(
    outputSizes: Iterable<number>,
    private readonly options: MLPOptions = {},
  ) {
    super(options);
    const { wInit, bInit, withBias = true, activation = relu } = options;
    checkFunction(this, 'activation', activation);
    if (!withBias && bInit !== undefined) {
      throw new TankaError(
        'layer-options',
        `${nameOf(this)} got withBias: false and a bInit. Leave out bInit.`,
      );
    }
    this.layers = checkedList(this, 'outputSizes', outputSizes).map(
      (size, i) => new Linear(size, { wInit, bInit, withBias, name: `linear_${i}` }),
    );
    this.outputSize = this.layers.at(-1)?.outputSize;
  }

  /**
   * @param x `[..., inputSize]`
   * @returns `[..., outputSize]`
   * @throws `call-options` for one of `dropoutRate` and `rng` without the other
   */
  call(x: Tensor, options: MLPCallOptions = {}): Tensor {
    const { dropoutRate = null, rng = null } = checkOptions(this, options);
    if ((dropoutRate === null) !== (rng === null)) {
      const [got, lacks] = rng === null ? ['a dropoutRate', 'rng'] : ['an rng', 'dropoutRate'];
      throw new TankaError(
        'call-options',
        `${nameOf(this)} got ${got} but no ${lacks}. Pass both: { dropoutRate, rng: hk.nextRngKey() }.`,
      );
    }
    const { activation = relu, activateFinal = false } = this.options;
    const keys = rng === null ? null : new PRNGSequence(rng);
    return this.layers.reduce((previous, layer, i) => {
      const y = layer.call(previous);
      if (i === this.layers.length - 1 && !activateFinal) return y;
      if (keys === null || dropoutRate === null) return activation(y);
      return activation(dropoutOf(this, keys.nextKey(), dropoutRate, y));
    }, x);
  }

  /**
   * A new network from this one's outputs to its inputs, layer by layer; it shares no parameters with this one.
   *
   * @throws `layer-not-called` before the first call, which tells the sizes of the inputs
   */
  reverse(options: MLPReverseOptions = {}): MLP {
    const { activateFinal = this.options.activateFinal, name = `${this.name}_reversed` } = checkOptions(
      this,
      options,
    );
    const outputSizes = this.layers.map((layer) => layer.inputSize).reverse();
    if (!outputSizes.every((size) => size !== undefined)) {
      throw new TankaError(
        'layer-not-called',
        `${nameOf(this)} does not know its input sizes yet. Call it before reverse().`,
      );
    }
    return new MLP(outputSizes, { ...this.options, activateFinal, name });
  }
}
