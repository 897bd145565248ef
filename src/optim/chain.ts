import {
  checkArgument,
  transformation,
  type AnyGradientTransformation,
  type GradientTransformation,
  type Updates,
} from './transformation.js';

/** Applies transformations one after the other; the state is an array of theirs. */
export function chain<S extends readonly unknown[]>(
  ...transformations: { [K in keyof S]: GradientTransformation<S[K]> }
): GradientTransformation<S> {
  const all = transformations as unknown as readonly GradientTransformation<unknown>[];
  return transformation<S>(
    (params) => all.map((tx) => tx.init(params)) as unknown as S,
    (updates, state, params) => {
      let current: Updates = updates;
      const next = all.map((tx, i) => {
        const [result, after] = tx.update(current, state[i], params);
        current = result;
        return after;
      });
      return [current, next as unknown as S];
    },
  );
}

/**
 * {@link chain} with a name for each transformation, under which its state is found.
 *
 * @throws `optim-argument-invalid` for a name that comes twice
 */
export function namedChain<S extends Readonly<Record<string, unknown>>>(
  ...transformations: readonly (readonly [name: keyof S & string, tx: AnyGradientTransformation])[]
): GradientTransformation<S> {
  const names = transformations.map(([name]) => name);
  checkArgument(new Set(names).size === names.length, 'Names of transformations', 'unique', names.join(', '));
  const all = transformations as unknown as readonly [string, GradientTransformation<unknown>][];
  return transformation<S>(
    (params) => Object.fromEntries(all.map(([name, tx]) => [name, tx.init(params)])) as S,
    (updates, state, params) => {
      let current: Updates = updates;
      const next = all.map(([name, tx]) => {
        const [result, after] = tx.update(current, state[name], params);
        current = result;
        return [name, after];
      });
      return [current, Object.fromEntries(next) as S];
    },
  );
}
