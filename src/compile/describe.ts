import { flopsOf } from './costs.js';
import { viewsRead, type Graph, type Node, type View } from './graph.js';
import type { Plan } from './plan.js';

/** What a plan does, as data and as text. */
export interface PlanDescription {
  /** Kernels and random operations that one call runs. */
  readonly operations: number;
  /** Floating point operations of one call: two a multiply-add of products and convolutions; one a value of the largest input or output of other kernels. */
  readonly flops: number;
  /** Bytes of parameters and other values that the plan keeps. */
  readonly constantBytes: number;
  /** Bytes of the memory that is laid out once for all buffers between operations; 0 on backends other than WASM, which allocate as they go. */
  readonly arenaBytes: number;
  /** One line an operation. */
  toString(): string;
  /** The plan as a Graphviz graph. */
  toDot(): string;
}

function shapeOf(view: View): string {
  return `${view.dtype}[${String(view.shape)}]`;
}

function nodeName(node: Node): string {
  return node.kind === 'random' ? `random.${node.operation.name}` : node.name;
}

function line(node: Node): string {
  const names = (views: readonly View[]): string => views.map((view) => `%${view.buffer}`).join(', ');
  const keys = node.kind === 'random' ? node.keys.map((key) => `key ${key}`) : [];
  const inputs = [...keys, names(viewsRead(node))].filter(Boolean).join(', ');
  const outputs = node.outputs.map((view) => `%${view.buffer}: ${shapeOf(view)}`);
  const outputKeys = node.kind === 'random' ? node.outputKeys.map((key) => `key ${key}`) : [];
  return `${[...outputs, ...outputKeys].join(', ')} = ${nodeName(node)}(${inputs})`;
}

function toDot(graph: Graph): string {
  const lines = ['digraph plan {', '  node [shape=box, fontname="sans-serif"];'];
  const writers = new Map<number, string>();
  graph.inputs.forEach((view, i) => {
    writers.set(view.buffer, `in${i}`);
    lines.push(`  in${i} [label="input ${i}\\n${shapeOf(view)}", shape=ellipse];`);
  });
  graph.nodes.forEach((node, i) => {
    lines.push(`  n${i} [label="${nodeName(node)}\\n${node.outputs.map(shapeOf).join(' ')}"];`);
    for (const { buffer } of viewsRead(node)) {
      const writer = writers.get(buffer);
      if (writer !== undefined) lines.push(`  ${writer} -> n${i};`);
    }
    for (const { buffer } of node.outputs) writers.set(buffer, `n${i}`);
  });
  graph.results.forEach((leaf, i) => {
    if (leaf.kind !== 'tensor') return;
    lines.push(`  out${i} [label="result ${i}\\n${shapeOf(leaf.view)}", shape=ellipse];`);
    const writer = writers.get(leaf.view.buffer);
    if (writer !== undefined) lines.push(`  ${writer} -> out${i};`);
  });
  return [...lines, '}'].join('\n');
}

/** What a plan does. */
export function describePlan(plan: Plan): PlanDescription {
  const { graph } = plan;
  return {
    operations: graph.nodes.length,
    flops: graph.nodes.reduce((total, node) => total + (node.kind === 'random' ? 0 : flopsOf(node)), 0),
    constantBytes: plan.constantBytes,
    arenaBytes: plan.arenaBytes,
    toString: () => graph.nodes.map(line).join('\n'),
    toDot: () => toDot(graph),
  };
}
