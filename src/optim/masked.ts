import { TankaError } from '../errors/tanka-error.js';
import { isNode, type Tree } from '../tree/tree.js';
import { transformation, type GradientTransformation, type Updates } from './transformation.js';

/** `true` for the leaves, or whole branches, that take part; or a function of the parameters that says so. */
export type Mask = Tree<boolean> | ((params: Updates) => Tree<boolean>);

/** State of {@link masked}. */
export type MaskedState<S> = { readonly innerState: S };

/** Walks a mask and the trees below it; where the mask has a boolean, `choose` gets that and the branches. */
export function mapMask(
  choose: (chosen: boolean, ...branches: Updates[]) => Updates,
  mask: Tree<boolean>,
  ...trees: Updates[]
): Updates {
  if (typeof mask === 'boolean') return choose(mask, ...trees);
  const [tree] = trees;
  if (!isNode(mask) || !isNode(tree) || Object.keys(tree).some((key) => !Object.hasOwn(mask, key))) {
    throw new TankaError(
      'optim-argument-invalid',
      'A mask must have a boolean for each leaf or branch of the parameters, but here it has ' +
        `${isNode(mask) ? `the keys [${Object.keys(mask).join(', ')}]` : String(mask)} where they have ` +
        `${isNode(tree) ? `[${Object.keys(tree).join(', ')}]` : 'a leaf'}. Make it with tree.map over the parameters.`,
    );
  }
  const child = (key: string): Updates =>
    mapMask(
      choose,
      (mask as Record<string, Tree<boolean>>)[key],
      ...trees.map((branch) => (branch as Record<string, Updates> | undefined)?.[key]),
    );
  const keys = Object.keys(tree);
  return Array.isArray(tree) ? keys.map(child) : Object.fromEntries(keys.map((key) => [key, child(key)]));
}

/** Applies a transformation to some leaves; the others pass as they are, and have no state. */
export function masked<S>(
  inner: GradientTransformation<S>,
  mask: Mask,
): GradientTransformation<MaskedState<S>> {
  const select = (maskTree: Tree<boolean>, tree: Updates): Updates =>
    mapMask((chosen, branch) => (chosen ? branch : null), maskTree, tree);
  return transformation<MaskedState<S>>(
    (params) => ({
      innerState: inner.init(select(typeof mask === 'function' ? mask(params) : mask, params)),
    }),
    (updates, { innerState }, params) => {
      const maskTree = typeof mask === 'function' ? mask(updates) : mask;
      const chosenParams = params === undefined || params === null ? undefined : select(maskTree, params);
      const [inside, next] = inner.update(select(maskTree, updates), innerState, chosenParams);
      const merged = mapMask((chosen, old, changed) => (chosen ? changed : old), maskTree, updates, inside);
      return [merged, { innerState: next }];
    },
  );
}
