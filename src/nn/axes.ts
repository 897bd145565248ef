import type { Tensor } from '@tensorflow/tfjs-core';
import { TankaError } from '../errors/tanka-error.js';
import { nameOf, type LayerName } from './input-checks.js';

/** Axes from `start` up to `stop`, `step` apart; negative ends count from the last axis, missing ones are the ends, as in Python. */
export interface AxisSlice {
  readonly start?: number | null;
  readonly stop?: number | null;
  readonly step?: number | null;
}

/** An axis, some axes, or a slice of the axes. Negative ones count from the last. */
export type AxisOrAxes = number | readonly number[] | AxisSlice;

/** @throws `layer-options` */
export function checkAxes(layer: LayerName, axis: unknown, what: string): void {
  const integers = (values: unknown[]): boolean => values.every((value) => Number.isInteger(value));
  const ends = (slice: AxisSlice): unknown[] =>
    [slice.start, slice.stop, slice.step].filter((value) => value !== undefined && value !== null);
  if (Array.isArray(axis) ? integers(axis) : Number.isInteger(axis)) return;
  const plain = typeof axis === 'object' && axis !== null && !Array.isArray(axis);
  if (plain && Object.keys(axis).every((key) => ['start', 'stop', 'step'].includes(key))) {
    if (integers(ends(axis)) && (axis as AxisSlice).step !== 0) return;
  }
  throw new TankaError(
    'layer-options',
    `${nameOf(layer)} takes an integer, integers or { start, stop, step } as its ${what}, but got ${JSON.stringify(axis)}.`,
  );
}

/** The positions that a Python slice takes of `length`. */
function slicePositions({ start, stop, step }: AxisSlice, length: number): number[] {
  const by = step ?? 1;
  const [low, high] = by > 0 ? [0, length] : [-1, length - 1];
  const clamp = (end: number): number => Math.min(Math.max(end < 0 ? end + length : end, low), high);
  const first = start === undefined || start === null ? (by > 0 ? low : high) : clamp(start);
  const last = stop === undefined || stop === null ? (by > 0 ? high : low) : clamp(stop);
  const positions: number[] = [];
  for (let i = first; by > 0 ? i < last : i > last; i += by) positions.push(i);
  return positions;
}

/** The axes as sorted positions in a shape of the given rank. */
export function toAbsoluteAxes(axis: AxisOrAxes, rank: number): number[] {
  const positions =
    typeof axis === 'number' || 'length' in axis
      ? [axis].flat().map((a) => ((a % rank) + rank) % rank)
      : slicePositions(axis, rank);
  return [...new Set(positions)].sort((a, b) => a - b);
}

/** The shape of parameters for some axes of `x`: `[C]` for the last one alone, as in old checkpoints, else ones along the others. */
export function paramShape(x: Tensor, paramAxis: AxisOrAxes): number[] {
  const axes = toAbsoluteAxes(paramAxis, x.rank);
  if (axes.length === 1 && axes[0] === x.rank - 1) return [x.shape[x.rank - 1]];
  return x.shape.map((size, i) => (axes.includes(i) ? size : 1));
}
