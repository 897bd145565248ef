import { clone, serialization, Tensor, type Variable } from '@tensorflow/tfjs-core';
import type { LayerVariable } from '@tensorflow/tfjs-layers';
import { TankaError } from '../../errors/tanka-error.js';
import { leavesWithPath } from '../../tree/tree.js';
import { describeLeaf } from '../leaves.js';
import { notPromise } from '../promises.js';
import { isRegistered, registered, registeredName } from '../registry.js';
import { checkTorchModule, namedVariables, type TorchModule } from '../torch-module.js';
import { textOf, verbatim } from './config.js';
import type { LayerOptions } from './options.js';
import { assign, weightName } from './weights.js';
import { WrapperLayer, type ModelRun } from './wrapper-layer.js';

/** Options of {@link TorchModuleWrapper}. */
export interface TorchModuleWrapperOptions extends LayerOptions {
  readonly module: TorchModule;
}

/**
 * A layer around any object like `torch.nn.Module`: Keras' `TorchModuleWrapper`.
 *
 * Its parameters and buffers are the weights of the layer, and stay the module's own variables. An array of inputs is spread over
 * the arguments of `forward`. Unlike in Keras, buffers are weights too, and the module trains only where `training` is true.
 */
export class TorchModuleWrapper extends WrapperLayer {
  static readonly className: string = 'TorchModuleWrapper';

  readonly module: TorchModule;
  /** They are the module's variables. */
  override readonly ownsWeights = false;
  readonly #byName = new Map<string, LayerVariable>();

  /** @throws `wrapper-module-invalid`, `wrapper-option-invalid` */
  constructor(options: TorchModuleWrapperOptions) {
    super(options, 'TorchModuleWrapper', ['module']);
    const { module } = options;
    checkTorchModule(module);
    this.module = module;
    for (const [name, variable] of namedVariables(module.namedParameters(), 'parameter')) {
      this.#adopt(name, variable, variable.trainable && variable.dtype === 'float32');
    }
    for (const [name, variable] of namedVariables(module.namedBuffers(), 'buffer')) {
      this.#adopt(name, variable, false);
    }
    this.built = true;
  }

  /** Copies of parameters and buffers by name, which the caller owns. */
  stateDict(): Record<string, Tensor> {
    return Object.fromEntries([...this.#byName].map(([name, weight]) => [name, clone(weight.read())]));
  }

  /**
   * Writes values into parameters and buffers by name; every name must be there.
   *
   * @param values by name, or what `loadSafetensors` made of the file of a `state_dict`
   * @throws `wrapper-weights-mismatch`
   */
  loadStateDict(values: Readonly<Record<string, unknown>>): void {
    const given = new Map<string, unknown>(
      leavesWithPath<unknown>(values).map(({ path, leaf }) => [path.filter(Boolean).join('.'), leaf]),
    );
    const fail = (what: string): TankaError =>
      new TankaError(
        'wrapper-weights-mismatch',
        `Error(s) in loading state_dict for layer '${this.name}': ${what}`,
      );
    const quoted = (names: Iterable<string>): string => [...names].map((name) => `"${name}"`).join(', ');
    const missing = [...this.#byName.keys()].filter((name) => !given.has(name));
    if (missing.length > 0) throw fail(`Missing key(s) in state_dict: ${quoted(missing)}.`);
    const unexpected = [...given.keys()].filter((name) => !this.#byName.has(name));
    if (unexpected.length > 0) throw fail(`Unexpected key(s) in state_dict: ${quoted(unexpected)}.`);
    for (const [name, weight] of this.#byName) {
      const value = given.get(name);
      if (!(value instanceof Tensor) || (value as Tensor).shape.join() !== weight.shape.join()) {
        throw fail(
          `"${name}" is a tensor of shape [${weight.shape.join(', ')}] here, but ${describeLeaf(value)} was given.`,
        );
      }
    }
    for (const [name, weight] of this.#byName) assign(weight, given.get(name) as Tensor);
  }

  /** The options by value, the module by the name that it or its class is registered under. */
  override getConfig(): serialization.ConfigDict {
    const { module } = this;
    const registeredClass = isRegistered(module.constructor) ? module.constructor : module;
    return { ...super.getConfig(), module: verbatim(registeredName(registeredClass, 'module')) };
  }

  /**
   * Makes a layer of what {@link getConfig} wrote; the name stands for the module, or for its class, of which a new one is made.
   *
   * @throws `wrapper-function-unregistered`
   */
  static override fromConfig<T extends serialization.Serializable>(
    cls: serialization.SerializableConstructor<T>,
    config: serialization.ConfigDict,
  ): T {
    const known = registered(textOf(config.module) ?? '');
    const module: unknown = typeof known === 'function' ? new (known as new () => unknown)() : known;
    const layer = new cls({ ...WrapperLayer.layerOptions(config), module });
    if (layer instanceof TorchModuleWrapper) layer.restore(config);
    return layer;
  }

  protected override buildWeights(): void {
    // The module brings its weights.
  }

  protected override runModel(inputs: unknown, training: boolean): ModelRun {
    this.module.train(training);
    const args = Array.isArray(inputs) ? inputs : [inputs];
    const outputs = notPromise(this.module.forward(...(args as never[])), 'The result of `forward`');
    return { outputs, commit: () => undefined };
  }

  #adopt(name: string, variable: Variable, trainable: boolean): void {
    const initializer = { apply: () => clone(variable as Tensor) } as unknown as Parameters<
      TorchModuleWrapper['addWeight']
    >[3];
    const { shape, dtype } = variable;
    const fullName = this.weightPrefix + weightName('module', [name]);
    const weight = this.addWeight(fullName, shape, dtype, initializer, undefined, trainable);
    // tfjs-layers copies what it is given; the module needs its own variable to be the weight.
    weight.read().dispose();
    (weight as unknown as { val: Variable }).val = variable;
    variable.trainable = trainable;
    this.#byName.set(name, weight);
  }
}

serialization.registerClass(TorchModuleWrapper);
