import { currentFrame, type Frame } from '../module/frame.js';
import { withInterceptor, type Interceptor, type MethodContext } from '../module/interceptors.js';
import { ownedParams, ownedState, type Module } from '../module/module.js';
import { runAbstractly, withTensors, type Shaped } from '../transform/eval-shape.js';
import { pairInfo, type AnyFunction, type RngLike } from '../transform/pair.js';
import { transformWithState } from '../transform/transform.js';
import { toSpec, type ArraySpec } from './array-spec.js';
import { bytesMovedBy, flopsOf } from '../compile/costs.js';

/** A module and a method of it that ran. */
export interface ModuleDetails {
  readonly module: Module;
  readonly methodName: string;
  /** Parameters of the module and of those within, as `paramsDict` lists them. */
  readonly params: Readonly<Record<string, ArraySpec>>;
  /** State of the same modules. */
  readonly state: Readonly<Record<string, ArraySpec>>;
}

/** One call of a module's method. */
export interface MethodInvocation {
  readonly moduleDetails: ModuleDetails;
  /** The arguments, with an {@link ArraySpec} for each tensor. */
  readonly argsSpec: readonly unknown[];
  /** The result, with an {@link ArraySpec} for each tensor. */
  readonly outputSpec: unknown;
  readonly context: MethodContext;
  /** The methods that were running, this one first, the outermost last. */
  readonly callStack: readonly ModuleDetails[];
  /** Floating-point operations of the call and of those within. */
  readonly flops: number;
  /** Bytes that the kernels of the call, and of those within, read and wrote. */
  readonly movedBytes: number;
}

/** What can be summarized: a function that makes modules, or the pair that a transform made of it. */
export type Summarized = AnyFunction | { readonly init: AnyFunction; readonly apply: unknown };

/** The arguments of the function itself. */
type ArgumentsOf<F extends Summarized> = F extends {
  readonly init: (rng: RngLike, ...args: infer A extends readonly unknown[]) => unknown;
}
  ? A
  : F extends (...args: infer A extends readonly unknown[]) => unknown
    ? A
    : never;

type ShapedTuple<A extends readonly unknown[]> = { [K in keyof A]: Shaped<A[K]> };

/** Arguments as the function takes them, or with `{ shape, dtype }` in place of tensors. */
export type ShapedArguments<F extends Summarized> = ShapedTuple<ArgumentsOf<F>>;

const IGNORED = new Set(['constructor', 'paramsDict', 'stateDict']);

/** The function behind a pair, behind one of the functions of a pair, or the function itself. */
function originalOf(f: Summarized): AnyFunction {
  if (typeof f === 'function') return pairInfo(f)?.original ?? f;
  return pairInfo(f.init)?.original ?? f.init;
}

/** A method that runs, and the `init` or `apply` that it runs in: that of an inner transform has parameters of its own. */
interface Running {
  readonly context: MethodContext;
  readonly frame: Frame;
}

/** A call as it is seen while it runs. */
interface Call {
  readonly args: readonly unknown[];
  /** This one first. */
  readonly stack: readonly Running[];
  output: unknown;
  flops: number;
  movedBytes: number;
}

/** What the calls were, once all of them have ended and modules know what ran within them. */
function toInvocations(calls: readonly Call[]): MethodInvocation[] {
  const specs = new Map<Module, Pick<ModuleDetails, 'params' | 'state'>>();
  const detailsOf = ({ context: { module, methodName }, frame }: Running): ModuleDetails => {
    let own = specs.get(module);
    if (own === undefined) {
      own = {
        params: toSpec(ownedParams(module, frame)) as Record<string, ArraySpec>,
        state: toSpec(ownedState(module, frame)) as Record<string, ArraySpec>,
      };
      specs.set(module, own);
    }
    return { module, methodName, ...own };
  };
  return calls.map(({ args, stack, output, flops, movedBytes }) => {
    const callStack = stack.map(detailsOf);
    return {
      moduleDetails: callStack[0],
      argsSpec: args,
      outputSpec: output,
      context: stack[0].context,
      callStack,
      flops,
      movedBytes,
    };
  });
}

/**
 * The calls of module methods that `f` makes, outer ones before those within. `f` runs for shapes alone: nothing is computed or drawn.
 *
 * `f` is a function that makes modules or what a transform made of it; the result takes the arguments of that function, tensors or
 * `{ shape, dtype }` in place of them. Constructors and transparent methods are left out.
 *
 * @throws `shape-without-value` when `f` reads the values of a tensor, and whatever `f` throws
 */
export function evalSummary<F extends Summarized>(f: F): (...args: ShapedArguments<F>) => MethodInvocation[] {
  const original = originalOf(f) as (...args: unknown[]) => unknown;
  const plain = transformWithState((...args: unknown[]) => void original(...args));
  return (...args) => {
    const calls: Call[] = [];
    const running: Running[] = [];
    let [flops, movedBytes] = [0, 0];
    const log: Interceptor = (next, given, context) => {
      running.push({ context, frame: currentFrame('evalSummary') });
      try {
        if (IGNORED.has(context.methodName)) return next(...given);
        const stack = [...running].reverse();
        const call: Call = { args: given.map(toSpec), stack, output: null, flops, movedBytes };
        calls.push(call);
        const output = next(...given);
        call.output = toSpec(output);
        call.flops = flops - call.flops;
        call.movedBytes = movedBytes - call.movedBytes;
        return output;
      } finally {
        running.pop();
      }
    };
    const logged = transformWithState((...given: unknown[]): void =>
      withInterceptor(log, () => void original(...given)),
    );
    runAbstractly(
      () => {
        const given = (args as readonly unknown[]).map(withTensors);
        const [params, state] = plain.init(42, ...given);
        [flops, movedBytes] = [0, 0];
        logged.apply(params, state, 42, ...given);
      },
      () => undefined,
      {
        onKernel: (kernel) => {
          flops += flopsOf(kernel);
          movedBytes += bytesMovedBy(kernel);
        },
      },
    );
    return toInvocations(calls);
  };
}
