import { util, type Tensor } from '@tensorflow/tfjs-core';
import { isTensor } from '../backend/engine.js';
import { formatArray, formatBytes, formatCount } from './format.js';
import { isNode, leaves, type Tree } from './tree.js';

/** Options of {@link describe}. */
export interface DescribeOptions {
  /** Reads the values and adds mean, standard deviation, least and largest of each tensor. Default `false`. */
  readonly statistics?: boolean;
}

function number(value: number): string {
  return Number.isInteger(value) && Math.abs(value) < 1e6 ? String(value) : value.toPrecision(4);
}

function statistics(tensor: Tensor): string {
  const values = tensor.dataSync();
  if (typeof values[0] !== 'number') return '';
  let [sum, low, high] = [0, Infinity, -Infinity];
  for (const value of values) {
    sum += value;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  const mean = sum / values.length;
  let squares = 0;
  for (const value of values) squares += (value - mean) ** 2;
  const deviation = Math.sqrt(squares / values.length);
  return `mean ${number(mean)}, std ${number(deviation)}, min ${number(low)}, max ${number(high)}`;
}

/**
 * A tree of tensors as text to read: names, shapes, dtypes, how many values each tensor and each module has, and the total. In the
 * order of creation, a blank before what is within a module.
 *
 * @throws `tree-cyclic`
 */
export function describe(tree: Tree<unknown>, options: DescribeOptions = {}): string {
  const { statistics: withStatistics = false } = options;
  // Refuses cycles.
  leaves(tree);
  const groups = new Map<string, { name: string; leaf: Tensor }[]>();
  const visit = (node: unknown, path: readonly string[]): void => {
    if (isNode(node)) for (const [key, child] of Object.entries(node)) visit(child, [...path, key]);
    else if (isTensor(node)) {
      const group = path.slice(0, -1).join('/');
      groups.set(group, [...(groups.get(group) ?? []), { name: path[path.length - 1] ?? '', leaf: node }]);
    }
  };
  visit(tree, []);
  const rows: string[][] = [];
  let [size, bytes] = [0, 0];
  for (const [group, entries] of groups) {
    const own = entries.reduce((sum, { leaf }) => sum + leaf.size, 0);
    if (group !== '') rows.push([group, '', formatCount(own), '']);
    for (const { name, leaf } of entries) {
      size += leaf.size;
      bytes += leaf.dtype === 'string' ? 0 : leaf.size * util.bytesPerElement(leaf.dtype);
      const shown = withStatistics && !leaf.isDisposed && leaf.size > 0 ? statistics(leaf) : '';
      const state = leaf.isDisposed ? 'disposed' : shown;
      rows.push([group === '' ? name : `  ${name}`, formatArray(leaf), formatCount(leaf.size), state]);
    }
  }
  rows.push(['total', '', formatCount(size), formatBytes(bytes)]);
  const widths = [0, 1, 2].map((i) => Math.max(...rows.map((row) => row[i].length)));
  return rows
    .map(([name, shape, count, rest]) =>
      `${name.padEnd(widths[0])}  ${shape.padEnd(widths[1])}  ${count.padStart(widths[2])}  ${rest}`.trimEnd(),
    )
    .join('\n');
}
