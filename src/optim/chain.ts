import { transformation, type GradientTransformation, type Updates } from './transformation.js';

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
