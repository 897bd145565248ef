import type { Graph } from './graph.js';
import { PackingProgram } from './packing-program.js';
import { removeDeadCode } from './passes/dead-code.js';
import { fuseAttention } from './passes/fuse-attention.js';
import { fuseCellGradients, fuseGruGradients } from './passes/fuse-cell-gradients.js';
import { fuseCells } from './passes/fuse-cells.js';
import { fuseFunctions } from './passes/fuse-functions.js';
import { fuseResiduals } from './passes/fuse-residuals.js';
import { hoistProjections } from './passes/hoist-projections.js';
import { narrowProducts } from './passes/narrow-products.js';
import { sumSteps } from './passes/sum-steps.js';
import type { HeapPlans } from './plan.js';

/** Passes whose kernels only plans on our WASM kernels have, in the order in which they run. */
const PASSES: readonly ((graph: Graph) => Graph)[] = [
  fuseGruGradients,
  fuseCells,
  fuseCellGradients,
  hoistProjections,
  narrowProducts,
  sumSteps,
  fuseFunctions,
  fuseAttention,
  fuseResiduals,
  removeDeadCode,
];

/** Plans for the WASM backend. Such a graph is not saved: a file serves other backends, too. */
export const heapPlans: HeapPlans = {
  optimise: (graph) => PASSES.reduce((current, pass) => pass(current), graph),
  program: (graph, kernels) => new PackingProgram(graph, kernels),
};
