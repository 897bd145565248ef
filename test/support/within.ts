import * as hk from '../../src/index.js';

/** What `f` returns within an `init`; parameters that it makes are disposed of. */
export function within<R>(f: () => R): R {
  let result: R | undefined;
  hk.tree.dispose(hk.transformWithState(() => void (result = f())).init(1));
  return result as R;
}
