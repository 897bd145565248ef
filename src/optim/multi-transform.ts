import { TankaError } from '../errors/tanka-error.js';
import { isNode, type Tree } from '../tree/tree.js';
import { mapMask, masked, type MaskedState } from './masked.js';
import {
  transformation,
  type AnyGradientTransformation,
  type GradientTransformation,
  type Updates,
} from './transformation.js';

/** A label for each leaf, or each whole branch, of the parameters; or a function of the parameters that gives them. */
export type Labels = Tree<string> | ((params: Updates) => Tree<string>);

/** State of {@link multiTransform}: by label, that of its transformation. */
export interface MultiTransformState {
  readonly innerStates: Readonly<Record<string, MaskedState<unknown>>>;
}

/** A mask of the leaves with one label. */
function maskOf(label: string, labels: Tree<string>): Tree<boolean> {
  if (!isNode(labels)) return labels === label;
  const child = (key: string): Tree<boolean> => maskOf(label, (labels as Record<string, Tree<string>>)[key]);
  const keys = Object.keys(labels);
  return Array.isArray(labels) ? keys.map(child) : Object.fromEntries(keys.map((key) => [key, child(key)]));
}

function checkLabels(labels: Tree<string>, known: readonly string[], params: Updates): void {
  if (isNode(labels)) {
    for (const child of Object.values(labels)) checkLabels(child, known, undefined);
  } else if (!known.includes(labels as string)) {
    throw new TankaError(
      'optim-argument-invalid',
      `multiTransform was given the label '${String(labels)}', but has transformations for ${known.map((name) => `'${name}'`).join(', ')} only. ` +
        'Add a transformation for it (setToZero() to freeze), or change the label.',
    );
  }
  if (params !== undefined) mapMask(() => null, maskOf('', labels), params);
}

/**
 * Applies to each leaf the transformation of its label.
 *
 * @param transforms by label
 * @throws `optim-argument-invalid` for a label without transformation, and for a leaf without label
 */
export function multiTransform(
  transforms: Readonly<Record<string, AnyGradientTransformation>>,
  labels: Labels,
): GradientTransformation<MultiTransformState> {
  const names = Object.keys(transforms);
  const parts = (params: Updates) => {
    const labelTree = typeof labels === 'function' ? labels(params) : labels;
    checkLabels(labelTree, names, params);
    return names.map((name) => ({
      name,
      tx: masked(transforms[name] as GradientTransformation<unknown>, maskOf(name, labelTree)),
    }));
  };
  return transformation<MultiTransformState>(
    (params) => ({
      innerStates: Object.fromEntries(parts(params).map(({ name, tx }) => [name, tx.init(params)])),
    }),
    (updates, { innerStates }, params) => {
      let current = updates;
      const next = parts(updates).map(({ name, tx }): [string, MaskedState<unknown>] => {
        const [result, state] = tx.update(current, innerStates[name], params);
        current = result;
        return [name, state];
      });
      return [current, { innerStates: Object.fromEntries(next) }];
    },
  );
}
