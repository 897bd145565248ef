export { describe, type DescribeOptions } from './describe.js';
export {
  all,
  dispose,
  flatten,
  leaves,
  leavesWithPath,
  map,
  reduce,
  structure,
  unflatten,
  type MapLeaves,
  type Structure,
  type Tree,
} from './tree.js';
