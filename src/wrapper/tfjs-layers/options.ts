import type { layers, Shape } from '@tensorflow/tfjs-layers';
import { TankaError } from '../../errors/tanka-error.js';
import { show } from '../signature.js';

type StockOptions = NonNullable<ConstructorParameters<typeof layers.Layer>[0]>;

/** Options of every wrapper layer, beside those of its model: those of the layers of tfjs-layers. */
export interface LayerOptions extends Omit<StockOptions, 'dtype'> {
  /** Only `float32`: integer and boolean tensors keep their dtype, and TensorFlow.js has no other floats. */
  readonly dtype?: 'float32';
  /**
   * Shape of the output, or one a leaf of the outputs, with `null` for unknown sizes; checked on each call.
   * Default: inferred by running the model on placeholders.
   */
  readonly outputShape?: Shape | Shape[];
}

const STOCK = [
  'name',
  'trainable',
  'dtype',
  'inputShape',
  'batchInputShape',
  'batchSize',
  'inputDType',
  'weights',
];

const used = new Map<string, number>();

/** `jax_layer`, `jax_layer_1`, …: Keras' names; those of tfjs-layers are no names of its own format. */
function freshName(className: string): string {
  const base = className.replace(/(?<=[a-z0-9])(?=[A-Z])/g, '_').toLowerCase();
  const count = used.get(base) ?? 0;
  used.set(base, count + 1);
  return count === 0 ? base : `${base}_${count}`;
}

/**
 * Checks the options of a layer and gives those that tfjs-layers knows.
 *
 * @param own names of the options that the layer adds
 * @throws `wrapper-option-invalid`, `wrapper-dtype-unsupported`
 */
export function stockOptions(options: LayerOptions, className: string, own: readonly string[]): StockOptions {
  if (options === null || typeof options !== 'object') {
    throw new TankaError(
      'wrapper-option-invalid',
      `new ${className}(options) needs an object of options, but got ${show(options)}.`,
    );
  }
  const known = [...own, 'outputShape', ...STOCK];
  const unknown = Object.keys(options).filter((key) => !known.includes(key));
  if (unknown.length > 0) {
    throw new TankaError(
      'wrapper-option-invalid',
      `Unrecognized keyword arguments passed to ${className}: ${unknown.join(', ')}. It takes ${known.join(', ')}.`,
    );
  }
  const { name, trainable, dtype } = options as { name?: unknown; trainable?: unknown; dtype?: unknown };
  if (name !== undefined && (typeof name !== 'string' || name.includes('/'))) {
    throw new TankaError(
      'wrapper-option-invalid',
      `Argument \`name\` must be a string and cannot contain character \`/\`. Received: name=${show(name)}`,
    );
  }
  if (trainable !== undefined && typeof trainable !== 'boolean') {
    throw new TankaError(
      'wrapper-option-invalid',
      `Expected \`trainable\` to be a boolean. Received: trainable=${show(trainable)}`,
    );
  }
  if (dtype !== undefined && dtype !== null && dtype !== 'float32') {
    throw new TankaError(
      'wrapper-dtype-unsupported',
      `A wrapper layer computes in float32, but got dtype=${show(dtype)}: TensorFlow.js has no other floats. Leave \`dtype\` out; ` +
        'integer inputs come from tf.input({ dtype: "int32" }), or `inputDType` beside `inputShape`.',
    );
  }
  const stock = Object.fromEntries(
    Object.entries(options).filter(([key]) => STOCK.includes(key) && key !== 'dtype'),
  );
  return { ...stock, name: name ?? freshName(className) };
}
