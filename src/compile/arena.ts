/** A piece of memory that is needed from step `first` to step `last`, both included. */
export interface Lifetime {
  readonly bytes: number;
  readonly first: number;
  readonly last: number;
}

/** Pieces begin at multiples of a cache line. */
const ALIGNMENT = 64;

/**
 * Places pieces of memory so that those needed at the same time do not overlap: largest first, each at the lowest place that is
 * free during its life (Pisarchyk and Lee, "Efficient memory management for deep neural net inference", 2020).
 *
 * @returns the offset of each piece and the bytes that all of them take
 */
export function layOut(lifetimes: readonly Lifetime[]): { offsets: number[]; bytes: number } {
  const offsets = new Array<number>(lifetimes.length).fill(0);
  const placed: { from: number; to: number; life: Lifetime }[] = [];
  let bytes = 0;
  const order = lifetimes.map((_, i) => i).sort((i, j) => lifetimes[j].bytes - lifetimes[i].bytes);
  for (const i of order) {
    const life = lifetimes[i];
    const size = Math.ceil(life.bytes / ALIGNMENT) * ALIGNMENT;
    let offset = 0;
    // `placed` is sorted by place: the first gap that is wide enough is the lowest.
    for (const other of placed) {
      if (other.life.last < life.first || other.life.first > life.last) continue;
      if (other.from - offset >= size) break;
      offset = Math.max(offset, other.to);
    }
    offsets[i] = offset;
    bytes = Math.max(bytes, offset + size);
    const at = placed.findIndex(({ from }) => from > offset);
    placed.splice(at < 0 ? placed.length : at, 0, { from: offset, to: offset + size, life });
  }
  return { offsets, bytes };
}
