import type { Tensor } from '@tensorflow/tfjs-core';
import { isTensor } from '../backend/engine.js';
import { whatIs } from '../backend/what-is.js';
import { TankaError } from '../errors/tanka-error.js';
import { checkAlive } from '../tree/alive.js';
import { leaves, leavesWithPath, structure, unflatten } from '../tree/tree.js';
import { describePlan, type PlanDescription } from './describe.js';
import type { Graph } from './graph.js';
import { invalidGraph } from './invalid-graph.js';
import { graphOf, type Jitted } from './jit.js';
import { Plan } from './plan.js';
import { deserialise, serialise, type SavedSignature } from './serialise.js';

/** A function that runs a saved graph. */
export interface LoadedGraph {
  /**
   * Takes the arguments that the saved function took, without those that were constant as a whole; the result is the caller's.
   * @throws `graph-argument-mismatch` for another nesting, shape, dtype or static value than it was saved with,
   * `graph-unusable` after `dispose`, or on another backend; `tensor-disposed`
   */
  (this: void, ...args: unknown[]): unknown;
  /** What one call runs. */
  readonly description: PlanDescription;
  /** Frees the weights. */
  dispose(this: void): void;
}

/** True for an argument that the loaded function does not take: it is made of constants. */
function isConstantArgument(argument: unknown, isInput: (tensor: Tensor) => boolean): boolean {
  const values = leaves<unknown>(argument);
  const constant = values.filter((leaf) => isTensor(leaf) && !isInput(leaf)).length;
  if (constant > 0 && constant < values.length) {
    throw new TankaError(
      'graph-unsavable',
      'An argument holds constants and other values. Pass constants as an argument of their own.',
    );
  }
  return constant > 0;
}

/**
 * A jitted function, recorded for these arguments, as the bytes of a safetensors file: its operations and its weights. It runs
 * without the code that made it.
 *
 * Tensors that the function reads from around it, and those of its `constants` option, are in the file; the loaded function takes
 * the other arguments.
 *
 * @throws `graph-unsavable` for a function that uses random keys or was not made by `hk.jit`
 */
export function saveGraph<F extends (...args: never[]) => unknown>(
  jitted: Jitted<F>,
  ...args: Parameters<F>
): Uint8Array {
  const recorded = graphOf(jitted, args);
  if (recorded === undefined) {
    throw new TankaError(
      'graph-unsavable',
      'Only functions of hk.jit can be saved: saveGraph(hk.jit(f), ...args).',
    );
  }
  const { graph, structure: result, isInput } = recorded;
  const taken = (args as unknown[]).filter((argument) => !isConstantArgument(argument, isInput));
  const signature: SavedSignature = {
    arguments: structure(taken),
    leaves: leaves<unknown>(taken).map((leaf) =>
      isTensor(leaf) ? { kind: 'input' } : { kind: 'static', value: leaf },
    ),
    result,
  };
  return serialise(graph, signature);
}

function mismatch(path: readonly string[], expected: string, received: string): TankaError {
  const where = path.length === 0 ? 'The arguments' : `Argument ${path.join('.')}`;
  return new TankaError(
    'graph-argument-mismatch',
    `${where} of a loaded graph must be ${expected}, but got ${received}. Save a graph for each.`,
  );
}

/** The tensors of the arguments, checked against what the graph was saved with. */
function takeInputs(plan: Plan, signature: SavedSignature, args: unknown[]): Tensor[] {
  if (!plan.isUsable) {
    throw new TankaError(
      'graph-unusable',
      'A loaded graph was called after its dispose(), or on another backend than that of its weights. Load it again.',
    );
  }
  checkAlive(args, 'a loaded graph');
  const nesting = JSON.stringify(structure(args));
  if (nesting !== JSON.stringify(signature.arguments))
    throw mismatch([], 'nested as they were saved', nesting);
  const inputs: Tensor[] = [];
  leavesWithPath<unknown>(args).forEach(({ path, leaf }, i) => {
    const expected = signature.leaves[i];
    if (expected.kind === 'static') {
      if (leaf !== expected.value) throw mismatch(path, String(expected.value), String(leaf));
      return;
    }
    const { shape, dtype } = plan.graph.inputs[inputs.length];
    const wanted = `${dtype}[${String(shape)}]`;
    if (!isTensor(leaf) || whatIs(leaf) !== wanted) throw mismatch(path, wanted, whatIs(leaf));
    inputs.push(leaf);
  });
  return inputs;
}

/** The plan of a file. Operations whose inputs or attributes are missing may fail in any way. */
function planOf(graph: Graph): { plan: Plan; description: PlanDescription } {
  let plan: Plan | undefined;
  try {
    plan = new Plan(graph);
    return { plan, description: describePlan(plan) };
  } catch (cause) {
    plan?.dispose();
    if (cause instanceof TankaError) throw cause;
    throw invalidGraph('its operations do not fit together', cause);
  }
}

/**
 * The function of a file that {@link saveGraph} wrote. Its weights are the function's until `dispose`.
 *
 * @throws `graph-invalid`, `checkpoint-corrupt`
 */
export function loadGraph(bytes: Uint8Array): LoadedGraph {
  const { graph, signature } = deserialise(bytes);
  const { plan, description } = planOf(graph);
  const run = (...args: unknown[]): unknown => {
    const inputs = takeInputs(plan, signature, args);
    try {
      return unflatten(signature.result, plan.run(inputs, []) as never);
    } catch (cause) {
      // The arguments are right: what fails is in the file.
      if (cause instanceof TankaError) throw cause;
      throw invalidGraph(`an operation failed (${(cause as Error).message})`, cause);
    }
  };
  return Object.assign(run, { description, dispose: () => plan.dispose() });
}
