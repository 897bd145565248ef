import { engine, Tensor, tidy } from '@tensorflow/tfjs-core';
import { alias, isTensor, tensorIdMark } from '../backend/engine.js';
import { isRecording } from '../backend/recording.js';
import type { PRNGKey } from '../random/key.js';
import { tensorsOf } from '../tree/owned.js';
import { rebuilder, type Structure } from '../tree/tree.js';
import { separated, takeArguments } from './arguments.js';
import { checkReplay } from './check.js';
import { describePlan, type PlanDescription } from './describe.js';
import { Differentiable, type Replayer } from './differentiable.js';
import type { Graph } from './graph.js';
import { optimise } from './optimise.js';
import { patternOf, type Inputs, type Pattern } from './pattern.js';
import { Plan } from './plan.js';
import { record } from './record.js';

/** Any function of trees of tensors, keys and static values. */
type AnyFunction = (...args: never[]) => unknown;

/** Options of {@link jit}. */
export interface JitOptions {
  /** Tensors whose values never change while a plan lives, such as the parameters at inference: what depends on them alone is computed once. */
  readonly constants?: unknown;
  /** Compares the first replays of each plan with the function itself. Default `false`. */
  readonly check?: boolean;
}

/** A function that is recorded once for each kind of arguments and replayed from then on. */
export interface Jitted<F extends AnyFunction> {
  (this: void, ...args: Parameters<F>): ReturnType<F>;
  /** Records the function for these arguments, without keeping a plan, and describes what a call would run. */
  lower(this: void, ...args: Parameters<F>): PlanDescription;
  /** Frees all plans; the next call records anew. */
  dispose(this: void): void;
}

/** Plans kept for one function; the least recently used goes first. */
const MAX_PLANS = 64;
/** So many plans that differ in static values alone are more likely a mistake than a wish. */
const WARN_STATICS = 16;
/** Replays of a plan that `check` compares. */
const CHECKED_REPLAYS = 3;

interface Entry {
  readonly plan: Plan;
  readonly matches: Pattern;
  readonly rebuild: (leaves: readonly unknown[]) => unknown;
  /** Held weakly: the plan has their values. */
  readonly captured: readonly WeakRef<Tensor>[];
  replays: number;
}

/** Frees the plans of functions that nobody holds any more. Of plans alone: whoever reaches the function would keep it. */
const forgotten = new FinalizationRegistry<ReadonlySet<Plan>>((plans) => {
  for (const plan of plans) plan.dispose();
});

const dataNumbers = new WeakMap<object, number>();
let nextDataNumber = 0;

/** A number for the values of a tensor, which its clones share. */
function dataNumber({ dataId }: Tensor): number {
  let number = dataNumbers.get(dataId);
  if (number === undefined) dataNumbers.set(dataId, (number = nextDataNumber++));
  return number;
}

/** A tensor with the same values in a place of their own. */
function copied(tensor: Tensor): Tensor {
  return engine().makeTensor(tensor.dataSync().slice() as Float32Array, tensor.shape, tensor.dtype);
}

class Compiler implements Replayer {
  /** Those that hold memory. */
  readonly plans = new Set<Plan>();
  readonly #entries = new Map<string, Entry>();
  /** The entry that served the last call. */
  #latest: Entry | undefined;
  readonly #statics = new Set<string>();
  readonly #constants: ReadonlySet<number>;

  constructor(
    private readonly f: (...args: unknown[]) => unknown,
    private readonly options: JitOptions,
  ) {
    const constant = tensorsOf(options.constants);
    this.#constants = new Set(constant.map(dataNumber));
  }

  call(args: unknown[]): unknown {
    const inputs: Inputs = { tensors: [], keys: [] };
    const entry = this.#find(args, inputs);
    if (entry === undefined) return this.#first(args);
    const results = entry.plan.run(inputs.tensors, inputs.keys);
    if (this.options.check === true && entry.replays++ < CHECKED_REPLAYS) this.#check(results, args);
    return entry.rebuild(results);
  }

  #check(results: readonly unknown[], args: unknown[]): void {
    try {
      checkReplay(results, () => this.f(...args));
    } catch (error) {
      for (const result of results) if (isTensor(result)) result.dispose();
      throw error;
    }
  }

  /** The plan for these arguments; `inputs` receives what it takes of them. */
  #find(args: unknown[], inputs: Inputs): Entry | undefined {
    const fits = ({ matches, plan }: Entry): boolean => {
      inputs.tensors.length = 0;
      inputs.keys.length = 0;
      return plan.isUsable && matches(args, inputs);
    };
    if (this.#latest !== undefined && fits(this.#latest)) return this.#latest;
    for (const [signature, entry] of this.#entries) {
      if (!fits(entry)) continue;
      // Used last: moved to the end.
      this.#entries.delete(signature);
      this.#entries.set(signature, entry);
      this.#latest = entry;
      return entry;
    }
    return undefined;
  }

  /** The first call with arguments of a kind. */
  #first(args: unknown[]): unknown {
    const taken = takeArguments(args);
    const constants = taken.tensors.map((tensor) => this.#isConstant(tensor));
    const which = taken.tensors.filter((_, i) => constants[i]).map(dataNumber);
    const signature = `${engine().backendName}|${taken.signature}|${which.join()}`;
    const { graph, structure, captured, result } = this.#record(args, constants);
    // One of a backend that is gone.
    this.#free(signature);
    this.#latest = {
      plan: new Plan(graph),
      matches: patternOf(args, (tensor) => (this.#isConstant(tensor) ? dataNumber(tensor) : undefined)),
      rebuild: rebuilder(structure),
      captured: captured.map((tensor) => new WeakRef(tensor)),
      replays: 0,
    };
    this.plans.add(this.#latest.plan);
    this.#entries.set(signature, this.#latest);
    this.#bound(taken.statics);
    return result;
  }

  captured(): readonly Tensor[] {
    return (this.#latest?.captured ?? []).flatMap((reference) => {
      const tensor = reference.deref();
      return tensor === undefined || tensor.isDisposed ? [] : [tensor];
    });
  }

  describe(args: unknown[]): PlanDescription {
    const plan = new Plan(this.graph(args).graph);
    const description = describePlan(plan);
    plan.dispose();
    return description;
  }

  /** The optimised graph for these arguments and the nesting of its result; which tensors of the arguments it takes as inputs. */
  graph(args: unknown[]): { graph: Graph; structure: Structure; isInput: (tensor: Tensor) => boolean } {
    const constants = takeArguments(args).tensors.map((tensor) => this.#isConstant(tensor));
    const { graph, structure, result } = this.#record(args, constants);
    for (const tensor of tensorsOf(result)) tensor.dispose();
    return { graph, structure, isInput: (tensor) => !this.#isConstant(tensor) };
  }

  dispose(): void {
    for (const signature of [...this.#entries.keys()]) this.#free(signature);
    this.#latest = undefined;
  }

  #isConstant(tensor: Tensor): boolean {
    return this.#constants.size > 0 && this.#constants.has(dataNumber(tensor));
  }

  #record(
    args: unknown[],
    constants: readonly boolean[],
  ): { graph: Graph; structure: Structure; captured: readonly Tensor[]; result: unknown } {
    return tidyKeeping(() => {
      // One object in two places of the arguments may be two in the next call: each place gets its own.
      const seen = new Set<object>();
      const own = <T extends object>(identity: object, value: T, copy: (value: T) => T): T => {
        if (seen.has(identity)) return copy(value);
        seen.add(identity);
        return value;
      };
      const tensors: Tensor[] = [];
      const keys: PRNGKey[] = [];
      const apart = separated(
        args,
        (tensor) => {
          const mine = this.#isConstant(tensor) ? tensor : own(tensor.dataId, tensor, copied);
          tensors.push(mine);
          return mine;
        },
        (key) => {
          const mine = own(key, key, (k) => k.slice());
          keys.push(mine);
          return mine;
        },
      );
      const mark = tensorIdMark();
      const { graph, result, structure, captured } = record(
        () => this.f(...apart),
        tensors.filter((_, i) => !constants[i]),
        keys,
      );
      return {
        graph: optimise(graph),
        structure,
        captured: captured.filter((tensor) => !tensors.includes(tensor)),
        result: ownedResult(result, tensors, mark),
      };
    });
  }

  #bound(statics: string): void {
    this.#statics.add(statics);
    if (this.#statics.size === WARN_STATICS + 1) {
      console.warn(
        `A jitted function has more than ${WARN_STATICS} plans for different numbers, strings or booleans in its arguments. ` +
          'Pass what changes as a tensor.',
      );
    }
    for (const signature of [...this.#entries.keys()]) {
      if (this.#entries.size <= MAX_PLANS) break;
      this.#free(signature);
    }
  }

  #free(signature: string): void {
    const plan = this.#entries.get(signature)?.plan;
    if (plan === undefined) return;
    plan.dispose();
    this.plans.delete(plan);
    this.#entries.delete(signature);
  }
}

/**
 * The result of a recording with a tensor of its own at each leaf, as a replay gives it: none of the inputs, nor of those that were
 * there before `mark`.
 */
function ownedResult(result: unknown, inputs: readonly Tensor[], mark: number): unknown {
  const lent = new Set<object>(inputs.map((tensor) => tensor.dataId));
  const own = (tensor: Tensor): Tensor => {
    const mine = tensor.id < mark || lent.has(tensor.dataId) ? alias(tensor) : tensor;
    lent.add(tensor.dataId);
    return mine;
  };
  return separated([result], own, (key) => key)[0];
}

/** A tidy scope for a result with parts that are not tensors; its tensors stay. */
function tidyKeeping<R extends { result: unknown }>(f: () => R): R {
  let out!: R;
  tidy(() => {
    out = f();
    return out.result as Tensor;
  });
  return out;
}

const compilers = new WeakMap<object, Compiler>();

/** What {@link Compiler.graph} gives for a function made by {@link jit}; `undefined` for any other function. */
export function graphOf(jitted: object, args: unknown[]): ReturnType<Compiler['graph']> | undefined {
  return compilers.get(jitted)?.graph(args);
}

/**
 * Records a pure function once for each structure, shapes, dtypes and static values of its arguments, optimises what it does, and
 * replays that from then on without the overhead of single operations.
 *
 * Tensors and keys in the arguments are inputs; numbers, booleans, strings and null are static: each value has a plan of its own.
 * Keys derived inside are derived again from the keys of each call. Tensors and settings that the function reads from outside are
 * those of the recording. The results are the caller's, as those of `f` would be; gradients of a jitted function work.
 *
 * @throws `jit-value-read`, `jit-untraceable`, `jit-argument-unsupported`, `jit-check-failed`
 */
export function jit<F extends AnyFunction>(f: F, options: JitOptions = {}): Jitted<F> {
  const plain = f as unknown as (...args: unknown[]) => unknown;
  const forward = new Compiler(plain, options);
  const differentiable = new Differentiable(plain, (replayed) => {
    if (replayed === plain) return forward;
    const compiler = new Compiler(replayed, {});
    forgotten.register(out, compiler.plans);
    return compiler;
  });
  const jitted = (...args: unknown[]): unknown =>
    // A jitted function inside a recording is recorded with the rest.
    isRecording() ? plain(...args) : differentiable.call(args);
  const methods = {
    lower: (...args: unknown[]) => forward.describe(args),
    dispose: () => {
      differentiable.dispose();
    },
  };
  const out = Object.assign(jitted, methods) as unknown as Jitted<F>;
  // What a pair of `transform` knows of its functions holds for the jitted ones too.
  for (const symbol of Object.getOwnPropertySymbols(f)) {
    Object.defineProperty(out, symbol, Object.getOwnPropertyDescriptor(f, symbol) as PropertyDescriptor);
  }
  compilers.set(out, forward);
  forgotten.register(out, forward.plans);
  return out;
}
