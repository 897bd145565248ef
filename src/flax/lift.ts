import { currentFrame, type Params, type State } from '../module/frame.js';
import { maybeNextRngKey } from '../module/rng.js';
import { liftWithState } from '../transform/lift.js';
import { runningInit } from '../transform/transform.js';
import { flattenFlaxToHaiku, type FlaxCollection, type FlaxVariables } from './collections.js';
import type { FlaxModule, Rngs } from './module.js';

/** Options of {@link lift}. */
export interface FlaxLiftOptions {
  /** What the names of the module's parameters and state get in front. */
  readonly name: string;
}

/** Options of a call of a lifted Flax module. */
export interface FlaxCallOptions {
  readonly rngs?: Rngs;
  readonly training?: boolean;
}

/** Calls a Flax module within a transformed function. */
export type LiftedFlaxModule<Inputs, Output> = (inputs: Inputs, options?: FlaxCallOptions) => Output;

const COLLECTION = /^([^/]+)\/?(.*)$/;

/** State of all collections but `params`: the collection's name comes first, for it must be found again. */
function stateOf({ params: _, ...collections }: FlaxVariables): State {
  const bundles = Object.entries(collections).flatMap(([collection, values]) =>
    Object.entries(flattenFlaxToHaiku(values)).map(
      ([bundle, entries]) => [`${collection}/${bundle}`, entries] as const,
    ),
  );
  return Object.fromEntries(bundles);
}

function nest(bundles: State): FlaxCollection {
  const root: Record<string, unknown> = {};
  for (const [bundle, entries] of Object.entries(bundles)) {
    let node = root;
    for (const part of bundle === '~' ? [] : bundle.split('/'))
      node = (node[part] ??= {}) as Record<string, unknown>;
    Object.assign(node, entries);
  }
  return root as unknown as FlaxCollection;
}

function variablesOf(params: Params, state: State): FlaxVariables {
  const collections = new Map<string, State>();
  for (const [bundle, entries] of Object.entries(state)) {
    const [, collection, rest] = COLLECTION.exec(bundle) as RegExpExecArray;
    collections.set(collection, { ...collections.get(collection), [rest]: entries });
  }
  return {
    params: nest(params),
    ...Object.fromEntries([...collections].map(([name, bundles]) => [name, nest(bundles)])),
  };
}

/**
 * Makes a Flax module callable in a transformed function: its parameters and state become part of the transform's, under
 * `name/…`, those of its top level under `name/~`.
 *
 * @throws `outside-transform`
 */
export function lift<Inputs, Output>(
  module: FlaxModule<Inputs, Output>,
  { name }: FlaxLiftOptions,
): LiftedFlaxModule<Inputs, Output> {
  return (inputs, options = {}) => {
    currentFrame('flax.lift');
    const { rngs, training = false } = options;
    const [lifted, updater] = liftWithState(
      (): [Params, State] => {
        const params = maybeNextRngKey();
        const variables = module.init({ ...(params === null ? {} : { params }), ...rngs }, inputs, {
          training,
        });
        return [flattenFlaxToHaiku(variables.params ?? {}), stateOf(variables)];
      },
      { name, allowReuse: true },
    );
    const [params, state] = lifted();
    const variables = variablesOf(params, state);
    const mutable = Object.keys(variables).filter((collection) => collection !== 'params');
    const call = { training, ...(rngs === undefined ? {} : { rngs }) };
    if (mutable.length === 0) {
      updater.ignoreUpdate();
      return module.apply(variables, inputs, call) as Output;
    }
    const [output, changed] = module.apply(variables, inputs, { ...call, mutable }) as [
      Output,
      FlaxVariables,
    ];
    if (runningInit()) updater.ignoreUpdate();
    else updater.update(stateOf(changed));
    return output;
  };
}
