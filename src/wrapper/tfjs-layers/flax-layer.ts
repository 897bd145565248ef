import { serialization } from '@tensorflow/tfjs-core';
import { TankaError } from '../../errors/tanka-error.js';
import { flaxFunctions, type FlaxModule, type FlaxModuleOptions } from '../flax-functions.js';
import { registered, registeredName } from '../registry.js';
import { textOf, verbatim } from './config.js';
import { JaxLayer, type JaxLayerOptions } from './jax-layer.js';
import type { LayerOptions } from './options.js';
import { WrapperLayer } from './wrapper-layer.js';

/** Options of {@link FlaxLayer}. */
export interface FlaxLayerOptions extends FlaxModuleOptions, LayerOptions {
  /** Integer of 32 bits that all keys come from. Default: drawn, and kept in the config. */
  readonly seed?: number | null;
}

function jaxOptions(options: FlaxLayerOptions): JaxLayerOptions {
  const wrong = ['callFn', 'initFn', 'params', 'state', 'strict'].find((key) => Object.hasOwn(options, key));
  if (wrong !== undefined) {
    throw new TankaError(
      'wrapper-option-invalid',
      `Unrecognized keyword arguments passed to FlaxLayer: ${wrong}. It takes { module, variables, method }; \`variables\` holds parameters and state.`,
    );
  }
  const { module, variables, method, ...rest } = options;
  return { ...rest, ...flaxFunctions({ module, variables, method }) };
}

/**
 * A layer around any object with Flax's `init` and `apply`: Keras' `FlaxLayer`.
 *
 * `layer.params` is `{ params: … }`, `layer.state` holds the other collections, such as `{ batch_stats: … }`. `init` gets the keys
 * `{ params, dropout }`; `apply` gets `{ dropout }` in training and none in inference.
 */
export class FlaxLayer extends JaxLayer {
  static override readonly className: string = 'FlaxLayer';

  readonly module: FlaxModule;
  readonly method: string | undefined;

  /** @throws `wrapper-module-invalid`, and what {@link JaxLayer} throws */
  constructor(options: FlaxLayerOptions) {
    super(jaxOptions(options));
    this.module = options.module;
    this.method = options.method;
  }

  static override fromConfig<T extends serialization.Serializable>(
    cls: serialization.SerializableConstructor<T>,
    config: serialization.ConfigDict,
  ): T {
    const module = registered(textOf(config.module) ?? '');
    const method = textOf(config.method);
    const options = { ...WrapperLayer.layerOptions(config), module, seed: config.seed };
    return JaxLayer.restored(new cls({ ...options, ...(method === null ? {} : { method }) }), config);
  }

  protected override functionsConfig(): serialization.ConfigDict {
    return {
      module: verbatim(registeredName(this.module, 'module')),
      method: this.method === undefined ? null : verbatim(this.method),
    };
  }
}

serialization.registerClass(FlaxLayer);
