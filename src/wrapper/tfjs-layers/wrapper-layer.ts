import { tidy, type DataType, type serialization, type Tensor } from '@tensorflow/tfjs-core';
import { layers, SymbolicTensor, type Shape } from '@tensorflow/tfjs-layers';
import { addChainedOps } from '../../backend/chained-ops.js';
import { ensureGradientRules } from '../../backend/gradients/index.js';
import { recordingGradient, tensorIdMark } from '../../backend/engine.js';
import { allowNothingToTrain } from '../../backend/untrained.js';
import { TankaError } from '../../errors/tanka-error.js';
import { unflatten, type Structure, type Tree } from '../../tree/tree.js';
import { inferOutputs, placeholder, type PartialShape, type TensorSpec } from '../output-specs.js';
import { readOutputs, type Outputs } from '../outputs.js';
import { show } from '../signature.js';
import { shapeText } from '../state.js';
import { fromJson, toJson } from './config.js';
import { Executions, type Application } from './execution.js';
import { readInputs, type TypedArray } from './inputs.js';
import { stockOptions, type LayerOptions } from './options.js';

addChainedOps();

/** Options of one application of a layer. */
export interface ApplyOptions {
  /** Default `false`. */
  readonly training?: boolean;
  /** Dropped: the wrapped model does not see masks. */
  readonly mask?: unknown;
}

/** One run of the wrapped model. */
export interface ModelRun {
  readonly outputs: unknown;
  /** Writes the new state into the weights. */
  readonly commit: () => void;
}

/** Nesting and dtypes of what a layer is applied to. */
interface InputSpecs {
  readonly structure: Structure;
  readonly dtypes: readonly DataType[];
}

const LEAF: Structure = { kind: 'leaf' };

function countLeaves(structure: Structure): number {
  switch (structure.kind) {
    case 'leaf':
      return 1;
    case 'none':
      return 0;
    default:
      return structure.children.reduce((sum, child) => sum + countLeaves(child), 0);
  }
}

function shapeList(shapes: Shape | Shape[]): Shape[] {
  return Array.isArray(shapes[0]) ? (shapes as Shape[]) : [shapes as Shape];
}

function oneOrAll<T>(list: T[]): T | T[] {
  return list.length === 1 ? list[0] : list;
}

/** What all wrapper layers do on tfjs-layers: nested inputs and outputs, shapes, keys and state once a run, the config. */
export abstract class WrapperLayer extends layers.Layer {
  /** Whether the weights are the layer's alone, so that freeing it takes nothing from anybody. */
  readonly ownsWeights: boolean = true;

  readonly #executions = new Executions();
  readonly #outputShape: Shape | Shape[] | null;
  /** Of the first application, or of the file that the layer came from. */
  #inputs: InputSpecs | null = null;
  #restored = false;
  /** Of the application that runs now. */
  #active: InputSpecs | null = null;
  /** Nesting of the outputs of the last run or inference of shapes. */
  #outputs: Structure = LEAF;
  #outputTypes: readonly DataType[] | null = null;
  #warnedOfMask = false;

  /** @param own names of the options that the layer adds to {@link LayerOptions} */
  constructor(options: LayerOptions, className: string, own: readonly string[]) {
    super(stockOptions(options, className, own));
    this.#outputShape = options.outputShape ?? null;
  }

  /** Makes the weights; `inputs` gives placeholders in the nesting of the inputs. */
  protected abstract buildWeights(inputs: () => unknown): void;

  /** Runs the model on the nesting of its inputs; a dry run draws no key and is not committed. */
  protected abstract runModel(inputs: unknown, training: boolean, dry: boolean): ModelRun;

  /**
   * Applies the layer to symbolic tensors or to values, or to any nesting of one of the two.
   *
   * @returns the nesting that the model returns; name it for a model of several outputs: `layer.apply<{ a: tf.Tensor }>(x)`
   * @throws `wrapper-inputs-invalid`, `wrapper-promise`, and what building, running and checking the model throws
   */
  override apply(inputs: Tree<SymbolicTensor>, options?: ApplyOptions): SymbolicTensor;
  override apply(inputs: Tree<Tensor | TypedArray>, options?: ApplyOptions): Tensor;
  override apply<Output>(
    inputs: Tree<SymbolicTensor> | Tree<Tensor | TypedArray>,
    options?: ApplyOptions,
  ): Output;
  override apply(
    inputs: Tensor | Tensor[] | SymbolicTensor | SymbolicTensor[],
    options?: ApplyOptions,
  ): Tensor | Tensor[] | SymbolicTensor | SymbolicTensor[];
  override apply(inputs: unknown, options: ApplyOptions = {}): unknown {
    this.#checkMask(options);
    const run = this.#executions.take(inputs);
    if (run !== null) {
      const tensors = inputs as Tensor[];
      const known = this.#executions.recall(run, tensors);
      if (known !== null) return oneOrAll(known);
      const outputs = this.#applyFlat(tensors, run.application.structure, options) as Tensor[];
      this.#executions.remember(run, tensors, outputs);
      return oneOrAll(outputs);
    }
    this.#checkOptions(options);
    const { structure: given, tensors, made } = readInputs(inputs);
    const structure = this.#structureOf(given, tensors);
    try {
      const outputs = this.#applyFlat(tensors, structure, options);
      if (outputs[0] instanceof SymbolicTensor) {
        this.#describe({ structure }, outputs as SymbolicTensor[]);
      }
      return unflatten<unknown>(this.#outputs, outputs);
    } finally {
      made.forEach((tensor) => {
        tensor.dispose();
      });
    }
  }

  override build(inputShape: Shape | Shape[]): void {
    if (this.built) return;
    ensureGradientRules();
    allowNothingToTrain();
    if (recordingGradient()) {
      throw new TankaError(
        'wrapper-build-in-gradient',
        `'${this.getClassName()}' cannot be built in a tracing scope: its weights would be made inside a gradient function, which frees ` +
          'them. Build the layer first: layer.build(inputShape), or apply it once.',
      );
    }
    const specs = this.#inputSpecs(inputShape);
    const { structure } = this.#current(specs.length);
    this.buildWeights(() =>
      unflatten<unknown>(
        structure,
        specs.map((spec) => placeholder(spec)),
      ),
    );
    this.built = true;
  }

  override call(inputs: Tensor | Tensor[], kwargs: Record<string, unknown>): Tensor | Tensor[] {
    const training = Boolean(kwargs.training);
    // Importing tfjs-layers registers the stock rules again over ours.
    if (training) ensureGradientRules();
    const tensors = Array.isArray(inputs) ? inputs : [inputs];
    const { structure } = this.#current(tensors.length);
    const flat = tidy(() => {
      const mark = tensorIdMark();
      const { outputs, commit } = this.runModel(unflatten<unknown>(structure, tensors), training, false);
      const read = this.#read(outputs, mark);
      this.#checkShapes(read.tensors);
      commit();
      this.#outputs = read.structure;
      return read.tensors;
    });
    return oneOrAll(flat);
  }

  override computeOutputShape(inputShape: Shape | Shape[]): Shape | Shape[] {
    if (this.#outputShape !== null) {
      const shapes = shapeList(this.#outputShape);
      this.#outputs = Array.isArray(this.#outputShape[0])
        ? { kind: 'array', children: shapes.map(() => LEAF) }
        : LEAF;
      this.#outputTypes = null;
      return this.#outputShape;
    }
    const inputs = this.#inputSpecs(inputShape);
    const { structure: nesting } = this.#current(inputs.length);
    const run = (tensors: Tensor[]): Outputs => {
      const mark = tensorIdMark();
      return this.#read(this.runModel(unflatten<unknown>(nesting, tensors), false, true).outputs, mark);
    };
    const { structure, specs } = inferOutputs(inputs, run, `'${this.name}' (of type ${this.getClassName()})`);
    this.#outputs = structure;
    this.#outputTypes = specs.map(({ dtype }) => dtype);
    return oneOrAll(specs.map(({ shape }) => [...shape]));
  }

  override dispose(): { refCountAfterDispose: number; numDisposedVariables: number } {
    // The base class does not count a layer that was built before it was first applied, to values.
    this._refCount ??= 1;
    return super.dispose();
  }

  override getConfig(): serialization.ConfigDict {
    // The base class writes the dtype of the input here.
    const { dtype, ...config } = super.getConfig();
    if (this.batchInputShape !== undefined && dtype !== undefined) config.inputType = dtype;
    return {
      ...config,
      inputs: this.#inputs === null ? null : toJson(this.#inputs),
      outputShape: this.#outputShape,
    };
  }

  /** What {@link getConfig} wrote, as options. */
  protected static layerOptions(config: serialization.ConfigDict): LayerOptions {
    const { name, trainable, batchInputShape, inputType, outputShape } = config;
    return Object.fromEntries(
      Object.entries({ name, trainable, batchInputShape, inputDType: inputType, outputShape }).filter(
        ([, value]) => value !== undefined && value !== null,
      ),
    );
  }

  /** Takes over what {@link getConfig} wrote and no option says. */
  protected restore(config: serialization.ConfigDict): void {
    this.#inputs = fromJson<InputSpecs>(config.inputs);
    this.#restored = this.#inputs !== null;
  }

  /** What goes before the names of weights: tfjs-layers adds the name of the layer only while it applies it. */
  protected get weightPrefix(): string {
    return this.#active === null ? `${this.name}/` : '';
  }

  #applyFlat(
    tensors: readonly (Tensor | SymbolicTensor)[],
    structure: Structure,
    options: ApplyOptions,
  ): (Tensor | SymbolicTensor)[] {
    const outer = this.#active;
    this.#active = { structure, dtypes: tensors.map(({ dtype }) => dtype) };
    this.#inputs ??= this.#active;
    try {
      const outputs = super.apply(oneOrAll(tensors as Tensor[]), { ...options });
      return Array.isArray(outputs) ? outputs : [outputs];
    } finally {
      this.#active = outer;
    }
  }

  /** Loading a model applies its layers to flat lists: the file knows the nesting. */
  #structureOf(given: Structure, tensors: readonly unknown[]): Structure {
    const flat =
      given.kind === 'leaf' ||
      (given.kind === 'array' && given.children.every(({ kind }) => kind === 'leaf'));
    const known = this.#inputs?.structure;
    const loading = this.#restored && flat && tensors[0] instanceof SymbolicTensor;
    return loading && known !== undefined && countLeaves(known) === tensors.length ? known : given;
  }

  /** The nesting of the application that runs, or where tfjs-layers calls the layer without one, that of the first. */
  #current(count: number): InputSpecs {
    const known = this.#active ?? this.#inputs;
    if (known !== null && known.dtypes.length === count) return known;
    const dtypes = Array.from({ length: count }, (): DataType => 'float32');
    return { structure: count === 1 ? LEAF : { kind: 'array', children: dtypes.map(() => LEAF) }, dtypes };
  }

  #inputSpecs(inputShape: Shape | Shape[]): TensorSpec[] {
    const shapes = shapeList(inputShape);
    const { dtypes } = this.#current(shapes.length);
    return shapes.map((shape, i) => ({ shape, dtype: dtypes[i] }));
  }

  #read(outputs: unknown, mark: number): Outputs {
    return readOutputs(outputs, mark);
  }

  #describe(application: Application, outputs: readonly SymbolicTensor[]): void {
    outputs.forEach((symbolic, i) => {
      const dtype = this.#outputTypes?.[i];
      // tfjs-layers supposes the dtype of the first input.
      if (dtype !== undefined) (symbolic as { dtype: DataType }).dtype = dtype;
    });
    this.#executions.watch(application, outputs);
  }

  #checkShapes(tensors: readonly Tensor[]): void {
    if (this.#outputShape === null) return;
    const expected: PartialShape[] = shapeList(this.#outputShape);
    const fits =
      tensors.length === expected.length &&
      tensors.every(({ shape }, i) => {
        const sizes = expected[i];
        return (
          shape.length === sizes.length && sizes.every((size, axis) => size === null || size === shape[axis])
        );
      });
    if (!fits) {
      throw new TankaError(
        'wrapper-output-shape',
        `The layer '${this.name}' was made with outputShape ${expected.map(shapeText).join(', ')}, but its model returned ` +
          `${tensors.map(({ shape }) => shapeText(shape)).join(', ')}. Correct the option, or leave it out to have the shape inferred.`,
      );
    }
  }

  #checkOptions(options: unknown): void {
    const plain =
      options !== null && typeof options === 'object' && Object.getPrototypeOf(options) === Object.prototype;
    if (!plain) {
      throw new TankaError(
        'wrapper-inputs-invalid',
        `${this.getClassName()}.apply() takes its inputs as one argument and options as the second, but the second is ${show(options)}. ` +
          'Combine several inputs in one array or object: layer.apply([a, b], { training: true }).',
      );
    }
    const unknown = Object.keys(options).find((key) => key !== 'training' && key !== 'mask');
    if (unknown !== undefined) {
      throw new TankaError(
        'wrapper-inputs-invalid',
        `${this.getClassName()}.apply() got an unexpected keyword argument '${unknown}'. It takes { training }.`,
      );
    }
  }

  #checkMask({ mask }: ApplyOptions): void {
    const present = Array.isArray(mask) ? mask.some((entry) => entry != null) : mask != null;
    if (!present || this.#warnedOfMask) return;
    this.#warnedOfMask = true;
    console.warn(
      `Layer '${this.name}' (of type ${this.getClassName()}) was passed an input with a mask attached to it. However, this layer does ` +
        'not support masking and will therefore destroy the mask information. Downstream layers will not see the mask.',
    );
  }
}
