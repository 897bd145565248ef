import { TankaError } from '../errors/tanka-error.js';
import { split } from '../random/split.js';
import type { PRNGKey } from '../random/key.js';
import { isNode } from '../tree/tree.js';
import type { ModelFunctionOptions } from './model-function.js';
import { notPromise } from './promises.js';
import { show, signature } from './signature.js';

/** Named collections of variables: `{ params: …, batch_stats: … }`. */
export type Variables = Readonly<Record<string, unknown>>;

/** Keys by the names of their streams. */
export type Rngs = Readonly<Record<string, PRNGKey>>;

/** What `init` of a {@link FlaxModule} gets beside keys and inputs. */
export interface FlaxInitOptions {
  /** Always true, as `init_fn` of a layer gets it. */
  readonly training: boolean;
  /** Name of the method to run, when the layer was given one. */
  readonly method?: string;
}

/** What `apply` of a {@link FlaxModule} gets beside variables and inputs. */
export interface FlaxApplyOptions {
  /** `{ dropout }` in training, `{}` otherwise. */
  readonly rngs: Rngs;
  /** Names of the collections that the module may change; left out when there are none. */
  readonly mutable?: readonly string[];
  readonly training: boolean;
  /** Name of the method to run, when the layer was given one. */
  readonly method?: string;
}

/** Any object with Flax's two functions. */
export interface FlaxModule {
  /** Makes the variables: all collections by name. */
  init(rngs: Rngs, inputs: unknown, options: FlaxInitOptions): Variables;
  /** Runs the module: its output, or `[output, changed collections]` when `mutable` is given. */
  apply(variables: Variables, inputs: unknown, options: FlaxApplyOptions): unknown;
}

/** A Flax module and what it starts from. */
export interface FlaxModuleOptions {
  readonly module: FlaxModule;
  /** Variables by collection; then `init` does not run. A tree without `params` is all state. */
  readonly variables?: Variables | null;
  /** Name of the method to run in place of the call. */
  readonly method?: string;
}

function checkModule(module: unknown): asserts module is FlaxModule {
  if (typeof module === 'function') {
    throw new TankaError(
      'wrapper-module-invalid',
      `Can only call init or apply methods on an instance of the Module class, not the Module class itself: \`module\` is ${show(module)}. Pass an instance.`,
    );
  }
  const missing = ['init', 'apply'].filter(
    (name) => typeof (module as Record<string, unknown> | null | undefined)?.[name] !== 'function',
  );
  if (missing.length > 0) {
    throw new TankaError(
      'wrapper-module-invalid',
      `\`module\` (${show(module)}) has no ${missing.join(' and no ')}. A FlaxLayer needs an object with init(rngs, inputs, options) and ` +
        'apply(variables, inputs, options): hk.flax.Module(pair) makes one of a pair of transform.',
    );
  }
}

function checkVariables(variables: unknown, what: string): asserts variables is Variables {
  notPromise(variables, what);
  if (!isNode(variables) || Array.isArray(variables)) {
    throw new TankaError(
      'wrapper-module-invalid',
      `${what} must be an object of collections, { params: { … } }, but got ${show(variables)}.`,
    );
  }
}

/** Trainable variables and the others; both keep the names of their collections. */
function splitVariables(variables: Variables): { params: Variables; state: Variables } {
  const { params, ...state } = variables;
  return { params: params === undefined ? {} : { params }, state };
}

/**
 * The functions and trees of a {@link JaxLayer} around a Flax module: `params` is `{ params: … }`, the state all other collections.
 *
 * @throws `wrapper-module-invalid`
 */
export function flaxFunctions({ module, variables, method }: FlaxModuleOptions): ModelFunctionOptions {
  checkModule(module);
  if (method !== undefined && typeof method !== 'string') {
    throw new TankaError(
      'wrapper-module-invalid',
      `\`method\` must be the name of a method of the module, but got ${show(method)}.`,
    );
  }
  const named = method === undefined ? {} : { method };
  const callFn = signature(
    ['params', 'state', 'rng', 'inputs', 'training'],
    (params: Variables, state: Variables, rng: PRNGKey | null, inputs: unknown, training: boolean) => {
      const mutable = Object.keys(state);
      const rngs: Rngs = rng === null ? {} : { dropout: rng };
      const options = { rngs, training, ...named, ...(mutable.length > 0 ? { mutable } : {}) };
      const result = module.apply({ ...params, ...state }, inputs, options);
      // The caller asks for the pair [output, changed] exactly when there is something to change.
      return mutable.length > 0 ? result : [result, state];
    },
  );
  const initFn = signature(['rng', 'inputs'], (rng: PRNGKey, inputs: unknown) => {
    const [params, dropout] = split(rng);
    const made = module.init({ params, dropout }, inputs, { training: true, ...named });
    checkVariables(made, 'The variables that `init` of the module returned');
    const parts = splitVariables(made);
    return [parts.params, parts.state];
  });
  if (variables === undefined || variables === null) return { callFn, initFn };
  checkVariables(variables, '`variables`');
  return { callFn, initFn, ...splitVariables(variables) };
}
