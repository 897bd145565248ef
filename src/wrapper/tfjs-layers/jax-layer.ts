import { clone, keep, serialization, tidy, type Tensor } from '@tensorflow/tfjs-core';
import type { LayerVariable } from '@tensorflow/tfjs-layers';
import { tensorIdMark } from '../../backend/engine.js';
import { TankaError } from '../../errors/tanka-error.js';
import type { PRNGKey } from '../../random/key.js';
import { unflatten } from '../../tree/tree.js';
import { callKey, checkSeed, initKey, randomSeed } from '../keys.js';
import { pathText, readTree, writeTree, type LeafTree } from '../leaves.js';
import { findMismatch } from '../matching.js';
import { ModelFunction, type CallArguments, type ModelFunctionOptions } from '../model-function.js';
import { readOutputs, type Outputs } from '../outputs.js';
import { registered, registeredName } from '../registry.js';
import { newStateValues } from '../state.js';
import type { AnyFunction } from '../signature.js';
import { fromJson, restoreTree, saveTree, textOf, toJson, verbatim, type SavedTree } from './config.js';
import type { LayerOptions } from './options.js';
import { copyTree, liveTree, makeWeights, writeWeights, type WeightTree } from './weights.js';
import { WrapperLayer, type ModelRun } from './wrapper-layer.js';

/** Options of {@link JaxLayer}. */
export interface JaxLayerOptions extends ModelFunctionOptions, LayerOptions {
  /** Integer of 32 bits that the keys of `initFn` and of the calls come from. Default: drawn, and kept in the config. */
  readonly seed?: number | null;
}

/** Keeps the tensors of a tree beyond the tidy scope that runs. */
function kept(tree: LeafTree): LeafTree {
  for (const tensor of tensorsOf(tree)) keep(tensor);
  return tree;
}

function tensorsOf(tree: LeafTree | null | undefined): Tensor[] {
  return (tree?.leaves ?? []).flatMap((leaf) => (leaf.kind === 'tensor' ? [leaf.tensor] : []));
}

function savedTrees(config: serialization.ConfigDict): { params: LeafTree | null; state: LeafTree | null } {
  const [params, state] = [config.params, config.state].map((tree) => fromJson<SavedTree>(tree));
  return { params: params && restoreTree(params), state: state && restoreTree(state) };
}

/**
 * A layer of tfjs-layers around a model in the form of a function: Keras' `JaxLayer`.
 *
 * `callFn` takes `inputs` and any of `params`, `state`, `rng`, `training`; `initFn` takes `inputs` and any of `rng`, `training`. The
 * functions of a pair of `transform` are passed as they are; any other function is named by `signature`. A model that takes `state`
 * returns `[outputs, state]`, its `initFn` `[params, state]`; the state is written back after every call.
 *
 * `rng` is `null` outside of training. In training it is the key `[seed, n]`, `n` being the number of training calls before.
 */
export class JaxLayer extends WrapperLayer {
  static readonly className: string = 'JaxLayer';

  /** What the keys come from; `null` when the functions take none. */
  readonly seed: number | null;
  readonly #model: ModelFunction;
  /** Given trees until the layer is built, then its weights. */
  #params: LeafTree | WeightTree | null = null;
  #state: LeafTree | WeightTree | null = null;
  #calls = 0;
  /** The config that the layer came from. */
  #saved: serialization.ConfigDict | null = null;
  #loading = false;

  /**
   * @throws `wrapper-option-invalid`, `wrapper-leaf-invalid`, `wrapper-function-invalid`, `wrapper-signature-missing`,
   * `wrapper-signature-argument`, `wrapper-init-missing`, `wrapper-seed-invalid`, `wrapper-dtype-unsupported`
   */
  constructor(options: JaxLayerOptions) {
    super(options, new.target.className, ['callFn', 'initFn', 'params', 'state', 'strict', 'seed']);
    const { params = null, state = null, seed = null } = options;
    this.#model = new ModelFunction(options);
    if (!this.#model.random) this.seed = null;
    else this.seed = seed === null ? randomSeed() : checkSeed(seed);
    tidy(() => {
      this.#params = params === null ? null : readTree(params, 'params');
      this.#state = state === null ? null : readTree(state, 'state');
      // A layer may be made inside of a tidy scope, and built outside.
      for (const tree of [this.#params, this.#state]) if (tree !== null) kept(tree);
    });
  }

  /** The function of the call. */
  get callFn(): AnyFunction {
    return this.#model.callFn;
  }

  /** The function that makes the parameters; `null` when they were given. */
  get initFn(): AnyFunction | null {
    return this.#model.initFn;
  }

  /** The live trainable weights in the nesting that `initFn` gave them; `null` before the layer is built. Do not dispose of them. */
  get params(): unknown {
    return liveTree(this.#params);
  }

  /** The live state in the nesting that `initFn` gave it. Do not dispose of it. */
  get state(): unknown {
    return liveTree(this.#state);
  }

  /** `[seed, number of keys drawn]`: the next training call gets this as its key. `null` when `callFn` takes no key. */
  get seedState(): readonly [seed: number, drawn: number] | null {
    return this.seed === null || !this.#model.takes('rng') ? null : [this.seed, this.#calls];
  }

  /** Copies of the parameters, which the caller owns: for a bare `apply`, `saveSafetensors`, or another layer. */
  toParams(): unknown {
    return copyTree(this.#params);
  }

  /** Copies of the state, which the caller owns. */
  toState(): unknown {
    return copyTree(this.#state);
  }

  /**
   * Writes parameters of the nesting and shapes of {@link params} into the weights; the given tensors stay the caller's.
   *
   * @throws `wrapper-not-built`, `wrapper-weights-mismatch`
   */
  fromParams(params: unknown): void {
    writeWeights(this.#built(this.#params, 'fromParams'), params, 'params');
  }

  /** Writes a state as {@link fromParams} writes parameters. */
  fromState(state: unknown): void {
    writeWeights(this.#built(this.#state, 'fromState'), state, 'state');
  }

  /**
   * Runs the model on given parameters and state and leaves those of the layer alone.
   *
   * @returns the outputs and the new state, which the caller owns; `null` for the state of a model that has none
   * @throws `wrapper-weights-mismatch` when the layer is built and `params` or `state` are not nested as its own
   */
  statelessCall<Output = Tensor>(
    params: unknown,
    state: unknown,
    args: CallArguments,
  ): [outputs: Output, state: unknown] {
    const given = { params, state };
    for (const [root, own] of this.built
      ? ([
          ['params', this.params],
          ['state', this.state],
        ] as const)
      : []) {
      const mismatch = findMismatch(own, given[root]);
      if (mismatch !== null) {
        throw new TankaError(
          'wrapper-weights-mismatch',
          `The \`${root}\` given to statelessCall are not nested as those of layer '${this.name}': at ` +
            `'${pathText(root, mismatch.path)}' it has ${mismatch.expected}, but got ${mismatch.received}.`,
        );
      }
    }
    let outputs: Outputs | undefined;
    let next: LeafTree | null = null;
    const tensors = tidy(() => {
      const mark = tensorIdMark();
      const result = this.#model.call(params, state, args);
      outputs = readOutputs(result.outputs, mark);
      next = result.state === null ? null : readTree(result.state, 'state');
      return [...outputs.tensors, ...tensorsOf(next)];
    });
    const { structure, tensors: own } = outputs as unknown as Outputs;
    const value = unflatten<unknown>(structure, tensors.slice(0, own.length)) as Output;
    return [value, next === null ? null : writeTree(next)];
  }

  override setFastWeightInitDuringBuild(value: boolean): void {
    super.setFastWeightInitDuringBuild(value);
    this.#loading = value;
  }

  /** Frees the weights; before they are built, the trees that were given. */
  override dispose(): { refCountAfterDispose: number; numDisposedVariables: number } {
    if (this.built) return super.dispose();
    // Copies of given trees that never became weights.
    for (const tensor of [...tensorsOf(this.#params), ...tensorsOf(this.#state)]) tensor.dispose();
    this.#params = this.#state = null;
    return { refCountAfterDispose: 0, numDisposedVariables: 0 };
  }

  /** The options by value, functions by the names that they are registered under. */
  override getConfig(): serialization.ConfigDict {
    const [params, state] = this.built
      ? [saveTree(this.#params, 'params'), saveTree(this.#state, 'state')]
      : [null, null];
    return {
      ...super.getConfig(),
      ...this.functionsConfig(),
      seed: this.seed,
      calls: this.#calls,
      params: params === null ? null : toJson(params),
      state: state === null ? null : toJson(state),
    };
  }

  /**
   * Makes a layer of what {@link getConfig} wrote. The functions are found by their registered names; without `initFn` the weights
   * are zeros until they are loaded.
   *
   * @throws `wrapper-function-unregistered`
   */
  static override fromConfig<T extends serialization.Serializable>(
    cls: serialization.SerializableConstructor<T>,
    config: serialization.ConfigDict,
  ): T {
    const callFn = registered(textOf(config.callFn) ?? '');
    const initName = textOf(config.initFn);
    const initFn = initName === null ? null : registered(initName);
    const options = { ...WrapperLayer.layerOptions(config), callFn, initFn, seed: config.seed };
    const saved = initFn === null ? savedTrees(config) : null;
    const trees =
      saved === null
        ? {}
        : { params: saved.params && writeTree(saved.params), state: saved.state && writeTree(saved.state) };
    try {
      return JaxLayer.restored(new cls({ ...options, ...trees }), config);
    } finally {
      for (const tensor of [...tensorsOf(saved?.params), ...tensorsOf(saved?.state)]) tensor.dispose();
    }
  }

  /** Gives a layer made by `fromConfig` what no option says. */
  protected static restored<T>(layer: T, config: serialization.ConfigDict): T {
    if (layer instanceof JaxLayer) layer.restore(config);
    return layer;
  }

  /** The functions in the config. */
  protected functionsConfig(): serialization.ConfigDict {
    const { callFn, initFn } = this;
    return {
      callFn: verbatim(registeredName(callFn, 'callFn')),
      initFn: initFn === null ? null : verbatim(registeredName(initFn, 'initFn')),
    };
  }

  protected override restore(config: serialization.ConfigDict): void {
    super.restore(config);
    this.#calls = Number(config.calls ?? 0);
    this.#saved = config;
  }

  /** The key that `initFn` gets; a subclass may give another. */
  protected getInitKey(): PRNGKey | null {
    return this.seed === null ? null : initKey(this.seed);
  }

  /** The key that `callFn` gets, `null` in inference; a subclass may give another. */
  protected getCallKey(training: boolean): PRNGKey | null {
    if (!training || this.seed === null) return null;
    const key = callKey(this.seed, this.#calls);
    this.#calls = (this.#calls + 1) >>> 0;
    return key;
  }

  protected override buildWeights(inputs: () => unknown): void {
    const wanted = this.#model.takes('params') || this.#model.takes('state');
    if (this.#params === null && this.#state === null && wanted) this.#initialise(inputs);
    const add = (name: string, value: Tensor, trainable: boolean): LayerVariable => {
      const initializer = { apply: () => clone(value) } as unknown as Parameters<JaxLayer['addWeight']>[3];
      return this.addWeight(
        this.weightPrefix + name,
        value.shape,
        value.dtype,
        initializer,
        undefined,
        trainable,
      );
    };
    if (this.#params !== null) this.#params = makeWeights(this.#params, 'params', true, add);
    if (this.#state !== null) this.#state = makeWeights(this.#state, 'state', false, add);
  }

  #initialise(inputs: () => unknown): void {
    const saved = this.#loading && this.#saved !== null ? savedTrees(this.#saved) : null;
    if (saved !== null) {
      // The weights come from the file: `initFn` need not run.
      this.#params = saved.params && kept(saved.params);
      this.#state = saved.state && kept(saved.state);
      return;
    }
    tidy(() => {
      const rng = this.#model.random ? this.getInitKey() : null;
      const made = this.#model.init(rng, inputs());
      const params = made.params == null ? null : readTree(made.params, 'params');
      const state = made.state == null ? null : readTree(made.state, 'state');
      [this.#params, this.#state] = [params && kept(params), state && kept(state)];
    });
  }

  protected override runModel(inputs: unknown, training: boolean, dry: boolean): ModelRun {
    const rng = dry || !this.#model.takes('rng') ? null : this.getCallKey(training);
    const params = this.#params && writeTree(this.#params);
    const state = this.#state && writeTree(this.#state);
    const result = this.#model.call(params, state, { rng, inputs, training });
    if (!this.#model.takes('state')) return { outputs: result.outputs, commit: () => undefined };
    const values = newStateValues(result.state, this.#state, this.name);
    const commit = (): void => {
      const { variables } = this.#state as WeightTree;
      values.forEach((value, i) => {
        variables[i].write(value);
      });
    };
    return { outputs: result.outputs, commit: values.length === 0 ? () => undefined : commit };
  }

  #built(tree: LeafTree | null, method: string): WeightTree | null {
    if (this.built) return tree as WeightTree | null;
    throw new TankaError(
      'wrapper-not-built',
      `layer.${method} writes into weights, but the layer '${this.name}' is not built. Call layer.build(inputShape) or apply it first.`,
    );
  }
}

serialization.registerClass(JaxLayer);
