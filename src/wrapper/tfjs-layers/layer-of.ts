import { TankaError } from '../../errors/tanka-error.js';
import { transformWithState } from '../../transform/transform.js';
import { show } from '../signature.js';
import { JaxLayer } from './jax-layer.js';

/** A module whose `call` takes the inputs, and then whether it trains. */
export interface CallableModule {
  /** The outputs of a batch. */
  call(inputs: never, training: never): unknown;
}

/**
 * The layer of a module class: `layerOf(Encoder, 128)` wraps `(inputs, training) => new Encoder(128).call(inputs, training)`.
 *
 * @throws `wrapper-module-invalid` for anything but a class whose instances have `call`
 */
export function layerOf<Args extends readonly unknown[]>(
  moduleClass: new (...args: Args) => CallableModule,
  ...args: Args
): JaxLayer {
  const prototype =
    typeof moduleClass === 'function'
      ? (moduleClass.prototype as Partial<CallableModule> | undefined)
      : undefined;
  if (typeof prototype?.call !== 'function') {
    throw new TankaError(
      'wrapper-module-invalid',
      `layerOf(ModuleClass, ...args) needs a class whose instances have a \`call\` method, but got ${show(moduleClass)}. ` +
        'Pass the class itself and the arguments of its constructor.',
    );
  }
  const pair = transformWithState((inputs: unknown, training: unknown) =>
    new moduleClass(...args).call(inputs as never, training as never),
  );
  return new JaxLayer({ callFn: pair.apply, initFn: pair.init });
}
