import type { Graph } from './graph.js';
import { mergeCommonSubexpressions } from './passes/common-subexpressions.js';
import { removeDeadCode } from './passes/dead-code.js';
import { foldAffine } from './passes/fold-affine.js';
import { foldConstants } from './passes/fold-constants.js';
import { fuseAttention } from './passes/fuse-attention.js';
import { fuseCells } from './passes/fuse-cells.js';
import { fuseEpilogues } from './passes/fuse-epilogues.js';
import { fuseFunctions } from './passes/fuse-functions.js';
import { fuseResiduals } from './passes/fuse-residuals.js';
import { hoistProjections } from './passes/hoist-projections.js';

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

/** Passes whose kernels only plans on our WASM kernels have. */
const HEAP_PASSES: readonly ((graph: Graph) => Graph)[] = [
  fuseCells,
  hoistProjections,
  fuseFunctions,
  fuseAttention,
  fuseResiduals,
  removeDeadCode,
];

/** {@link optimise}, further, for plans on the WASM backend. Such a graph is not saved: a file serves other backends, too. */
export function optimiseForHeap(graph: Graph): Graph {
  return HEAP_PASSES.reduce((current, pass) => pass(current), graph);
}
