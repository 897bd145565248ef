import type { FlatCall } from './flat.js';

/** Entries of a tile: three or four arrays of so many floats stay in the first-level cache. */
export const TILE = 2048;

/**
 * Groups nodes that follow one another and are flat calls over equally many entries: such a group runs tile by tile, so that what one
 * node writes is still in the cache when the next one reads it, and what only the group reads needs the memory of one tile.
 *
 * @returns for each node the number of its group; groups have the numbers 0, 1, … in the order of the nodes
 */
export function groupFlatCalls(flat: readonly (FlatCall | undefined)[]): number[] {
  const groups: number[] = [];
  flat.forEach((call, i) => {
    const before = i === 0 ? undefined : flat[i - 1];
    const joins = call !== undefined && before?.count === call.count && call.count > TILE;
    groups.push(i === 0 ? 0 : groups[i - 1] + (joins ? 0 : 1));
  });
  return groups;
}
