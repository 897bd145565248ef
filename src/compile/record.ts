import { engine, Tensor, tidy, Variable } from '@tensorflow/tfjs-core';
import { isTensor, tensorIdMark } from '../backend/engine.js';
import { whileRecording } from '../backend/recording.js';
import { observeRandom, type RandomInputs, type RandomOperation } from '../backend/recordable.js';
import { TankaError } from '../errors/tanka-error.js';
import { isKey, type PRNGKey } from '../random/key.js';
import { flatten, type Structure } from '../tree/tree.js';
import type { BufferId, ConstantValues, Graph, KeyId, Node, ResultLeaf, View } from './graph.js';

/** Methods of the engine that a recording stands in front of; its public type hides some. */
interface RecordedEngine {
  runKernel: (
    name: string,
    inputs: Record<string, unknown>,
    attributes?: Record<string, unknown>,
  ) => Tensor | Tensor[];
  readSync: (dataId: object) => ConstantValues;
  read: (dataId: object) => Promise<ConstantValues>;
}

/** Collects what a function does to tensors and keys. */
class Recorder {
  readonly nodes: Node[] = [];
  readonly inputs: View[] = [];
  readonly inputKeys: KeyId[] = [];
  readonly constants = new Map<BufferId, { view: View; values: ConstantValues }>();
  readonly constantKeys = new Map<KeyId, Uint32Array>();
  readonly #buffers = new Map<object, BufferId>();
  /** Data that is a plain copy of other data: in a plan both are one buffer. */
  readonly #copies = new Map<object, object>();
  readonly #keys = new Map<PRNGKey, KeyId>();

  constructor(private readonly read: (dataId: object) => ConstantValues) {}

  #original(data: object): object {
    let original = data;
    for (let next = this.#copies.get(original); next !== undefined; next = this.#copies.get(original))
      original = next;
    return original;
  }

  /** Notes that `copy` has the values of `source`. */
  addCopy(source: Tensor, copy: Tensor): void {
    if (source.dataId !== copy.dataId) this.#copies.set(copy.dataId, source.dataId);
  }

  get bufferCount(): number {
    return this.#buffers.size;
  }

  addInput(tensor: Tensor): void {
    this.inputs.push(this.written(tensor));
  }

  addInputKey(key: PRNGKey): void {
    this.inputKeys.push(this.newKey(key));
  }

  /** The view of a tensor that the program made or was given; any other is a constant. */
  view(tensor: Tensor): View {
    const known = this.isKnown(tensor);
    const view = this.written(tensor);
    if (!known) this.constants.set(view.buffer, { view, values: this.read(tensor.dataId).slice() });
    return view;
  }

  /** The view of a tensor that a node made: a new buffer, or a known one seen with another shape. */
  written(tensor: Tensor): View {
    const data = this.#original(tensor.dataId);
    let buffer = this.#buffers.get(data);
    if (buffer === undefined) this.#buffers.set(data, (buffer = this.#buffers.size));
    return { buffer, shape: [...tensor.shape], dtype: tensor.dtype };
  }

  /** What a tensor is, for messages. */
  describe(data: object): string {
    const buffer = this.#buffers.get(this.#original(data));
    const input = this.inputs.findIndex((view) => view.buffer === buffer);
    if (input >= 0) return `tensor ${input} of the arguments`;
    const writer = this.nodes.find((node) => node.outputs.some((view) => view.buffer === buffer));
    if (writer === undefined) return 'a tensor';
    return `a result of ${writer.kind === 'random' ? `hk.random.${writer.operation.name}` : writer.name}`;
  }

  isKnown(tensor: Tensor): boolean {
    return this.#buffers.has(this.#original(tensor.dataId));
  }

  newKey(key: PRNGKey): KeyId {
    const id = this.#keys.size;
    this.#keys.set(key, id);
    return id;
  }

  /** The number of a key; one that the program neither made nor was given is a constant. */
  key(key: PRNGKey): KeyId {
    const known = this.#keys.get(key);
    if (known !== undefined) return known;
    const id = this.newKey(key);
    this.constantKeys.set(id, key.slice());
    return id;
  }
}

function refusal(what: string, instead: string): TankaError {
  return new TankaError(
    'jit-value-read',
    `${what} inside a function given to hk.jit, which no plan can follow. ${instead}`,
  );
}

function untraceable(what: string, instead: string): TankaError {
  return new TankaError('jit-untraceable', `${what} inside a function given to hk.jit: ${instead}`);
}

/** Kernels whose results have as many entries as their inputs' values say. */
const OF_VALUES =
  /^(NonMaxSuppressionV|Ragged|SparseFillEmptyRows$|SparseReshape$|StringNGrams$|StringSplit$|Unique$)/;

/** Puts a method in front of an object's own or inherited one while `f` runs. */
function replaced<O extends object, R>(object: O, methods: Partial<O>, f: () => R): R {
  const before = Object.keys(methods).map(
    (name) => [name, Object.getOwnPropertyDescriptor(object, name)] as const,
  );
  Object.assign(object, methods);
  try {
    return f();
  } finally {
    for (const [name, descriptor] of before) {
      if (descriptor) Object.defineProperty(object, name, descriptor);
      else Reflect.deleteProperty(object, name);
    }
  }
}

/** Keys of a random operation's result, whatever its nesting; typed arrays that are not keys cannot be followed. */
function resultOfRandom(operation: string, result: unknown): { tensors: Tensor[]; keys: PRNGKey[] } {
  const tensors: Tensor[] = [];
  const keys: PRNGKey[] = [];
  for (const leaf of flatten<unknown>(result)[0]) {
    if (isTensor(leaf)) tensors.push(leaf);
    else if (isKey(leaf)) keys.push(leaf);
    else
      throw refusal(
        `hk.random.${operation} gave its values to JavaScript`,
        'Draw tensors (hk.random.randint, hk.random.uniform) instead.',
      );
  }
  return { tensors, keys };
}

/** What {@link record} learned. */
export interface Recording<R> {
  readonly graph: Graph;
  readonly result: R;
  readonly structure: Structure;
  /** Float tensors that were there before and are no inputs: the graph has them as constants. */
  readonly captured: readonly Tensor[];
}

/**
 * Runs `f` once and writes down the kernels and random operations that it runs.
 *
 * @throws `jit-value-read` when `f` reads a tensor's values, `jit-untraceable` when it draws from `Math.random`, assigns a variable, disposes
 * of an input, runs an operation whose result is as large as values say, or returns a promise
 */
export function record<R>(
  f: () => R,
  inputs: readonly Tensor[],
  inputKeys: readonly PRNGKey[],
): Recording<R> {
  const target = engine() as unknown as RecordedEngine;
  const runKernel = target.runKernel.bind(target);
  const readSync = target.readSync.bind(target);
  const recorder = new Recorder(readSync);
  inputs.forEach((tensor) => recorder.addInput(tensor));
  inputKeys.forEach((key) => recorder.addInputKey(key));
  const mark = tensorIdMark();
  const own = new Set<Tensor>(inputs);
  const captured = new Set<Tensor>();
  // Remembered, as the function may catch it.
  let refused: TankaError | undefined;
  const refuse = (error: TankaError): never => {
    refused ??= error;
    throw error;
  };
  // Kernels and random operations may run others inside: those belong to the outer one.
  let depth = 0;

  const inside = <T>(run: () => T): T => {
    depth++;
    try {
      return run();
    } finally {
      depth--;
    }
  };

  const noteCaptured = (tensor: unknown): void => {
    if (!isTensor(tensor) || tensor.id >= mark || tensor.dtype !== 'float32' || own.has(tensor)) return;
    captured.add(tensor);
  };

  const recordKernel: RecordedEngine['runKernel'] = (name, operands, attributes = {}) => {
    for (const operand of Object.values(operands)) {
      if (Array.isArray(operand)) operand.forEach(noteCaptured);
      else noteCaptured(operand);
    }
    if (name === 'Identity') {
      const copy = inside(() => runKernel(name, operands, attributes)) as Tensor;
      // The engine also copies what a gradient will need, from inside other kernels.
      recorder.addCopy(operands.x as Tensor, copy);
      return copy;
    }
    if (depth > 0) return runKernel(name, operands, attributes);
    if (OF_VALUES.test(name)) {
      refuse(
        untraceable(
          `The operation ${name}, whose result is as large as the values say, was run`,
          'a plan has fixed shapes. Run it outside, or mask entries.',
        ),
      );
    }
    const views: Record<string, View | View[]> = {};
    for (const [key, input] of Object.entries(operands)) {
      if (Array.isArray(input)) views[key] = input.map((tensor: Tensor) => recorder.view(tensor));
      else if (isTensor(input)) views[key] = recorder.view(input);
    }
    const result = inside(() => runKernel(name, operands, attributes));
    const made = Array.isArray(result) ? result : [result];
    // A result on a known buffer is the same values seen with another shape: nothing to compute.
    const isView = made.length === 1 && recorder.isKnown(made[0]);
    if (!isView) {
      const outputs = made.map((tensor) => recorder.written(tensor));
      const isList = Array.isArray(operands);
      recorder.nodes.push({
        kind: 'kernel',
        name,
        inputs: views,
        isList,
        attributes: { ...attributes },
        outputs,
      });
    }
    return result;
  };

  const observe = <A, T>(operation: RandomOperation<A, T>, given: RandomInputs<A>, run: () => T): T => {
    if (depth > 0) return run();
    const keys = given.keys.map((key) => recorder.key(key));
    const tensors = given.tensors.map((tensor) => recorder.view(tensor));
    const result = inside(run);
    const made = resultOfRandom(operation.name, result);
    recorder.nodes.push({
      kind: 'random',
      operation: operation as unknown as RandomOperation<unknown, unknown>,
      keys,
      tensors,
      attributes: given.attributes,
      outputs: made.tensors.map((tensor) => recorder.written(tensor)),
      outputKeys: made.keys.map((key) => recorder.newKey(key)),
    });
    return result;
  };

  const guards: Partial<RecordedEngine> = {
    runKernel: recordKernel,
    readSync: (dataId) => {
      if (depth > 0) return readSync(dataId);
      return refuse(
        refusal(
          `The values of ${recorder.describe(dataId)} were read (dataSync, arraySync, print, or a loop or branch on it)`,
          'Compute with tensor operations, use hk.cond or hk.switch, or read values outside.',
        ),
      );
    },
    read: (dataId) => {
      refused ??= refusal(
        `The values of ${recorder.describe(dataId)} were read (data, array)`,
        'Return the tensor and read it outside.',
      );
      // Nobody waits for it: the recording fails as soon as the function ends.
      return new Promise(() => undefined);
    },
  };
  const noRandomness: Partial<Math> = {
    random: () =>
      refuse(
        untraceable(
          'Math.random was called (tf.randomNormal, tf.dropout and the like do so)',
          'a replay would not do so again. Use hk.random with a key.',
        ),
      ),
  };
  const noAssignment: Partial<Variable> = {
    assign() {
      refuse(
        untraceable(
          `The variable ${this.name ?? ''} was assigned`,
          'a replay would not do so again. Return the new value and assign it outside.',
        ),
      );
    },
  };
  const dispose = Reflect.get(Tensor.prototype, 'dispose') as (this: Tensor) => void;
  const noDisposal: Partial<Tensor> = {
    dispose(this: Tensor) {
      if (own.has(this)) {
        refuse(
          untraceable(
            'A tensor of the arguments was disposed of',
            'a replay would not do so again. Dispose of it outside; hk.donate goes around hk.jit: hk.donate(hk.jit(step)).',
          ),
        );
      }
      dispose.call(this);
    },
  };

  let leaves: ResultLeaf[] = [];
  let structure!: Structure;
  const result = tidy(() => {
    const value = whileRecording(() =>
      replaced(target, guards, () =>
        replaced(Math, noRandomness, () =>
          replaced(Variable.prototype, noAssignment, () =>
            replaced(Tensor.prototype, noDisposal, () => observeRandom(observe, f)),
          ),
        ),
      ),
    );
    if (refused !== undefined) throw refused;
    if (typeof (value as { then?: unknown } | null | undefined)?.then === 'function') {
      throw untraceable(
        'A promise was returned (by an async function, or tf.booleanMaskAsync and the like)',
        'a replay would not do so again. Make the function synchronous.',
      );
    }
    const [flat, nesting] = flatten<unknown>(value);
    structure = nesting;
    leaves = flat.map((leaf): ResultLeaf => {
      noteCaptured(leaf);
      if (isTensor(leaf)) return { kind: 'tensor', view: recorder.view(leaf) };
      if (isKey(leaf)) return { kind: 'key', key: recorder.key(leaf) };
      return { kind: 'static', value: leaf };
    });
    return value as R & Tensor;
  });
  const { nodes, constants, constantKeys, bufferCount } = recorder;
  const graph: Graph = {
    bufferCount,
    inputs: recorder.inputs,
    inputKeys: recorder.inputKeys,
    constants,
    constantKeys,
    nodes,
    results: leaves,
  };
  return { graph, result, structure, captured: [...captured] };
}
