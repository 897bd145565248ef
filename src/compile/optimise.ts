import type { Graph } from './graph.js';
import { mergeCommonSubexpressions } from './passes/common-subexpressions.js';
import { removeDeadCode } from './passes/dead-code.js';
import { foldAffine } from './passes/fold-affine.js';
import { foldConstants } from './passes/fold-constants.js';
import { fuseEpilogues } from './passes/fuse-epilogues.js';

/** The passes, in the order in which they run. */
const PASSES: readonly ((graph: Graph) => Graph)[] = [
  removeDeadCode,
  mergeCommonSubexpressions,
  foldConstants,
  foldAffine,
  fuseEpilogues,
  removeDeadCode,
];

/** A graph with the same results and less to do, on any backend. */
export function optimise(graph: Graph): Graph {
  return PASSES.reduce((current, pass) => pass(current), graph);
}
