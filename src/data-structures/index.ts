export {
  filter,
  map,
  merge,
  partition,
  partitionN,
  traverse,
  type Bundles,
  type Entry,
} from './filtering.js';
export { isSubset, treeBytes, treeSize } from './measures.js';
export { toHaikuDict, toImmutableDict, toMutableDict } from './copies.js';
