import type { PRNGKey } from '../random/key.js';
import { infoOf, withEmptyState } from '../transform/adapters.js';
import type { Transformed, TransformedWithState } from '../transform/pair.js';
import { dispose } from '../tree/tree.js';
import { flattenFlaxToHaiku, nestHaikuToFlax, type FlaxVariables } from './collections.js';

/** Keys by purpose, as Flax hands them out. */
export type Rngs = Readonly<Record<string, PRNGKey | number | bigint>>;

/** Options of a Flax module's `apply`. */
export interface FlaxApplyOptions {
  readonly rngs?: Rngs;
  /** Names of the collections that may change; `true` for all. When given, `apply` returns `[output, changed]`. */
  readonly mutable?: readonly string[] | string | boolean;
  readonly training?: boolean;
}

/** An object with the `init` and `apply` of a Flax module. */
export interface FlaxModule<Inputs, Output> {
  /** Makes the variables, which the caller owns. */
  readonly init: (rngs: Rngs, inputs: Inputs, options?: { readonly training?: boolean }) => FlaxVariables;
  /** Returns the output, or `[output, changed collections]` when `mutable` is given. */
  readonly apply: <Options extends FlaxApplyOptions = FlaxApplyOptions>(
    variables: FlaxVariables,
    inputs: Inputs,
    options?: Options,
  ) => Options extends { readonly mutable: readonly string[] | string | true }
    ? [output: Output, changed: FlaxVariables]
    : Output;
}

type Pair<Inputs, Output> =
  | Transformed<[inputs: Inputs, ...rest: never[]], Output>
  | TransformedWithState<[inputs: Inputs, ...rest: never[]], Output>;

function isMutable(mutable: FlaxApplyOptions['mutable'], collection: string): boolean {
  if (typeof mutable === 'boolean') return mutable;
  if (typeof mutable === 'string') return mutable === collection;
  return mutable?.includes(collection) ?? false;
}

/**
 * The functions of a pair as a Flax module: collections `params` and, with state, `state`, nested by module. The pair's
 * first argument is `inputs`, its second `training`. The key of `init` is `rngs.params`, that of `apply` is `rngs.apply` or
 * `rngs.dropout`.
 *
 * @throws `not-a-pair`
 */
export function Module<Inputs, Output>(pair: Pair<Inputs, Output>): FlaxModule<Inputs, Output> {
  const info = infoOf(pair.apply);
  type Stateful = TransformedWithState<unknown[], unknown>;
  const stateful = (info.stateful ? pair : withEmptyState(pair as never)) as unknown as Stateful;
  const order = (inputs: unknown, training: boolean): unknown[] => {
    const values = { inputs, training };
    return info.argNames.map((name) => values[name]);
  };
  return {
    init: (rngs, inputs, { training = true } = {}) => {
      const [params, state] = stateful.init(rngs.params ?? null, ...order(inputs, training));
      const variables = { params: nestHaikuToFlax(params) };
      return Object.keys(state).length === 0 ? variables : { ...variables, state: nestHaikuToFlax(state) };
    },
    apply: (variables, inputs, options) => {
      const { rngs = {}, mutable, training = false } = options ?? {};
      const [output, state] = stateful.apply(
        flattenFlaxToHaiku(variables.params ?? {}),
        flattenFlaxToHaiku(variables.state ?? {}),
        rngs.apply ?? rngs.dropout ?? null,
        ...order(inputs, training),
      );
      const keepsState = isMutable(mutable, 'state') && Object.keys(state).length > 0;
      if (!keepsState) dispose(state);
      const changed = keepsState ? { state: nestHaikuToFlax(state) } : {};
      return (mutable === undefined || mutable === false ? output : [output, changed]) as never;
    },
  };
}
