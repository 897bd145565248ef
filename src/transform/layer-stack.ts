import type { Tensor } from '@tensorflow/tfjs-core';
import { slice, squeeze, stack } from '@tensorflow/tfjs-core';
import { TankaError } from '../errors/tanka-error.js';
import { currentFrame, type Params, type State } from '../module/frame.js';
import { maybeNextRngKey } from '../module/rng.js';
import type { PRNGKey } from '../random/key.js';
import { split } from '../random/split.js';
import { batchSizes } from './batched.js';
import { liftWithState, transparentLiftWithState } from './lift.js';
import { scanIn } from './scan.js';
import { transformWithState } from './transform.js';

/** Names of the modules of a transparent stack, between those of one layer and those of a plain loop. */
export interface LayerStackTransparencyMapping {
  /** The name in a plain loop of a module of layer `index`. */
  readonly stackedToFlat: (stackedName: string, index: number) => string;
  /** The inverse; `null` for a module that is not of the stack. */
  readonly flatToStacked: (flatName: string) => readonly [stackedName: string, index: number] | null;
}

/** Options of {@link layerStack}. */
export interface LayerStackOptions {
  /** The layer function takes more arguments, of which each layer gets its slice along axis 0, and returns `[x, y]`. Default `false`. */
  readonly withPerLayerInputs?: boolean;
  /** Passes `{ reverse }` to the layer function as last argument. Default `false`. */
  readonly passReverseToLayerFn?: boolean;
  /** Stores the parameters under the names of a plain loop, by `transparencyMap`. Default `false`. */
  readonly transparent?: boolean;
  readonly transparencyMap?: LayerStackTransparencyMapping;
  /** What parameter names get in front. */
  readonly name?: string;
}

/** A layer stack of a function. */
export type Stacked<F extends (...args: never[]) => unknown> = F & { readonly reverse: F };

function splitBundles(
  stacked: State,
  layers: number,
  { stackedToFlat }: LayerStackTransparencyMapping,
): State {
  const flat: State = {};
  for (const [bundle, entries] of Object.entries(stacked)) {
    for (let i = 0; i < layers; i++) {
      const name = stackedToFlat(bundle, i);
      if (Object.hasOwn(flat, name)) throw mapError(`two modules of the stack are both called '${name}'`);
      flat[name] = Object.fromEntries(
        Object.entries(entries).map(([key, value]) => [key, squeeze(slice(value, [i], [1]), [0])]),
      );
    }
  }
  return flat;
}

function stackBundles(flat: State, layers: number, { flatToStacked }: LayerStackTransparencyMapping): State {
  const parts = new Map<string, Map<string, Tensor[]>>();
  for (const [bundle, entries] of Object.entries(flat)) {
    const place = flatToStacked(bundle);
    if (place === null) continue;
    const [name, index] = place;
    const values = parts.get(name) ?? new Map<string, Tensor[]>();
    parts.set(name, values);
    for (const [key, value] of Object.entries(entries)) {
      const list = values.get(key) ?? [];
      if (list[index] !== undefined) throw mapError(`two modules are both layer ${index} of '${name}'`);
      list[index] = value;
      values.set(key, list);
    }
  }
  return Object.fromEntries(
    [...parts].map(([name, values]) => [
      name,
      Object.fromEntries(
        [...values].map(([key, list]) => {
          if (list.filter(Boolean).length !== layers)
            throw mapError(`'${name}/${key}' has not ${layers} layers`);
          return [key, stack(list)];
        }),
      ),
    ]),
  );
}

function mapError(what: string): TankaError {
  return new TankaError('layer-stack-map', `The transparencyMap of hk.layerStack does not fit: ${what}.`);
}

type Wrapped = (
  x: unknown,
  perLayer: readonly unknown[],
  options: { reverse: boolean },
) => readonly [unknown, unknown];

interface StackSettings {
  readonly layers: number;
  readonly map: LayerStackTransparencyMapping | null;
  readonly name: string;
}

function run(
  wrapped: Wrapped,
  settings: StackSettings,
  x: unknown,
  perLayer: readonly unknown[],
  reverse: boolean,
): [unknown, unknown] {
  currentFrame('layerStack');
  const { layers, map, name } = settings;
  const inner = transformWithState(
    (carry: unknown, ...ys: unknown[]) => [...wrapped(carry, ys, { reverse })] as [unknown, unknown],
  );
  const length = { length: layers };

  const initLayers = (start: unknown, rng: PRNGKey | null): [Params, State] => {
    const step = (
      [carry, key]: [unknown, PRNGKey | null],
      ys: unknown[],
    ): [[unknown, PRNGKey | null], [Params, State]] => {
      const [own, next, forApply] = key === null ? [null, null, null] : split(key, 3);
      const [params, state] = inner.init(own, carry, ...ys);
      // As in Haiku, a stack starts with the state that this leaves, not with the one that it found.
      const [[out], after] = inner.apply(params, state, forApply, carry, ...ys);
      return [
        [out, next],
        [params, after],
      ];
    };
    const made = scanIn(undefined, step as never, [start, rng], perLayer, length)[1] as [Params, State];
    return map === null ? made : [splitBundles(made[0], layers, map), splitBundles(made[1], layers, map)];
  };

  const rng = maybeNextRngKey();
  const [lifted, updater] =
    map === null
      ? liftWithState(initLayers, { allowReuse: true, name })
      : transparentLiftWithState(initLayers, { allowReuse: true });
  const entries = lifted(x, rng);
  const [params, state] = map === null ? entries : entries.map((part) => stackBundles(part, layers, map));
  const key = maybeNextRngKey();
  const keys = key === null ? null : split(key, layers);
  const step = (
    carry: unknown,
    [p, s, k, ys]: [Params, State, PRNGKey | null, unknown[]],
  ): [unknown, unknown] => {
    const [[out, y], after] = inner.apply(p, s, k, carry, ...ys);
    return [out, [y, after]];
  };
  const [out, [ys, states]] = scanIn(undefined, step as never, x, [params, state, keys, perLayer], {
    ...length,
    reverse,
  }) as [unknown, [unknown, State]];
  updater.update(map === null ? states : splitBundles(states, layers, map));
  return [out, ys];
}

/**
 * A stack of `numLayers` layers of one function, each with parameters of its own, which are stored stacked along axis 0.
 *
 * `layerStack(n)(f)` is `f` applied `n` times: `f` takes tensors or nestings of them and returns as many of the same kind.
 * With per-layer inputs, `f` takes `(x, ...inputs)` and returns `[x, y]`, and the stack returns `[x, ys]`. `stack.reverse(…)`
 * runs the layers from the last to the first.
 *
 * Takes two random keys of the transform around, in `init` and in `apply`. Unlike elsewhere, `init` returns the state after a first update, as in
 * Haiku: each layer is applied once to make the input of the next.
 * A transparent stack keeps its state by layer, which Haiku stores beside it under the stack's own names.
 *
 * @throws `outside-transform`, `layer-stack-length`, `layer-stack-varargs`, `layer-stack-map`, `loop-carry`, `lift-closure`
 */
export function layerStack(
  numLayers: number,
  options: LayerStackOptions = {},
): <F extends (...args: never[]) => unknown>(f: F) => Stacked<F> {
  const {
    withPerLayerInputs = false,
    passReverseToLayerFn = false,
    transparent = false,
    transparencyMap,
  } = options;
  if (transparent && transparencyMap === undefined) {
    throw new TankaError(
      'layer-stack-map',
      'hk.layerStack with { transparent: true } needs a transparencyMap.',
    );
  }
  const name =
    options.name ?? (withPerLayerInputs ? '__layer_stack_with_per_layer' : '__layer_stack_no_per_layer');
  const settings: StackSettings = { layers: numLayers, map: transparencyMap ?? null, name };
  return (f) => {
    if (!withPerLayerInputs && f.length === 0) {
      throw new TankaError(
        'layer-stack-varargs',
        'hk.layerStack takes a function that names its arguments: (...args) does not tell how many.',
      );
    }
    const call = (args: readonly unknown[]): unknown => f(...(args as never[]));
    const extra = (flags: { reverse: boolean }): unknown[] => (passReverseToLayerFn ? [flags] : []);
    const wrapped: Wrapped = withPerLayerInputs
      ? (x, ys, flags) => call([x, ...ys, ...extra(flags)]) as [unknown, unknown]
      : (x, _, flags) => {
          const parts = x as unknown[];
          const result = call([...parts, ...extra(flags)]);
          return [parts.length === 1 ? [result] : result, null];
        };
    const stacked =
      (reverse: boolean) =>
      (...args: unknown[]): unknown => {
        if (!withPerLayerInputs) {
          const [out] = run(wrapped, settings, args, [], reverse) as [unknown[], unknown];
          return args.length === 1 ? out[0] : out;
        }
        const [x, ...perLayer] = args;
        for (const [path, size] of batchSizes(perLayer)) {
          if (size !== numLayers) {
            throw new TankaError(
              'layer-stack-length',
              `hk.layerStack has ${numLayers} layers, but the per-layer input '${path}' has ${size} elements along axis 0.`,
            );
          }
        }
        return run(wrapped, settings, x, perLayer, reverse);
      };
    return Object.assign(stacked(false), { reverse: stacked(true) }) as unknown as Stacked<typeof f>;
  };
}
