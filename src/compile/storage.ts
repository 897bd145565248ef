import { layOut, type Lifetime } from './arena.js';
import type { FlatCall } from './flat.js';
import { bytesOf, resultViews, viewsRead, type BufferId, type Graph } from './graph.js';
import { TILE } from './tiles.js';
import type { TracedKernel } from './trace.js';

/** Where everything that a plan keeps in its arena lies. */
export interface Storage {
  /** For each node, the slot of each place of its trace. The slots of buffers are their numbers. */
  readonly slots: readonly (readonly number[])[];
  readonly slotCount: number;
  /** The offset in the arena of each slot that lies there. */
  readonly offsets: ReadonlyMap<number, number>;
  /** Bytes of the arena. */
  readonly bytes: number;
  /** Buffers that have the memory of one tile. */
  readonly tiles: ReadonlySet<BufferId>;
}

/** A lifetime that other slots share. */
interface Growing {
  bytes: number;
  first: number;
  last: number;
}

/** What {@link planStorage} plans for. */
export interface StorageOptions {
  readonly graph: Graph;
  readonly traced: readonly (TracedKernel | undefined)[];
  readonly flat: readonly (FlatCall | undefined)[];
  /** The group of each node, see `tiles.ts`. The nodes of a group run at the same time. */
  readonly groups: readonly number[];
}

/** Buffers that are written by one group and read by no other: a tile of them is enough. */
function tileBuffers({ graph, flat, groups }: StorageOptions, kept: ReadonlySet<BufferId>): Set<BufferId> {
  const written = new Map<BufferId, number>();
  graph.nodes.forEach((node, i) => {
    // A group of one node has nobody to hand a tile to.
    const inGroup = flat[i] !== undefined && (groups[i] === groups[i - 1] || groups[i] === groups[i + 1]);
    if (!inGroup) return;
    for (const { buffer } of node.outputs) if (!kept.has(buffer)) written.set(buffer, groups[i]);
  });
  graph.nodes.forEach((node, i) => {
    for (const { buffer } of viewsRead(node)) if (written.get(buffer) !== groups[i]) written.delete(buffer);
  });
  return new Set(written.keys());
}

/**
 * The place of an operand that a node begins with a copy of, as its whole result, and does not read any more after that: if nobody else does,
 * the result may lie where it lies.
 */
function copiedPlace(trace: TracedKernel | undefined): number | undefined {
  const [first, ...others] = trace?.calls ?? [];
  if (trace === undefined || first?.name !== 'copyRows' || first.arguments[0] !== 1) return undefined;
  const [, bytes, from, , to] = first.arguments;
  if (typeof from === 'number' || typeof to === 'number' || to.place !== trace.outputs[0]) return undefined;
  const source = trace.places[from.place];
  if (source.kind !== 'input' || bytesOf(source.view) !== bytes || from.offset + to.offset > 0)
    return undefined;
  const isRead = others.some((call) =>
    call.arguments.some((argument) => {
      const place = typeof argument === 'number' ? undefined : trace.places[argument.place];
      return place?.kind === 'input' && place.view.buffer === source.view.buffer;
    }),
  );
  return isRead ? undefined : from.place;
}

/**
 * Lays out the memory of a plan: buffers between traced nodes by the time that they are needed, a result over an operand that nobody
 * reads any more where entries meet only themselves, scratch for its node alone, tables and packed copies for good.
 */
export function planStorage(options: StorageOptions): Storage {
  const { graph, traced, flat, groups } = options;
  const results = new Set(resultViews(graph).map((view) => view.buffer));
  const lastNode = new Map<BufferId, number>();
  graph.nodes.forEach((node, i) => viewsRead(node).forEach(({ buffer }) => lastNode.set(buffer, i)));
  const tiles = tileBuffers(options, results);
  const end = groups.length === 0 ? 0 : groups[groups.length - 1];
  const lives: { slot: number; life: Growing }[] = [];
  const lifeOf = new Map<BufferId, Growing>();

  /** The life of an operand that ends here and has the memory that `bytes` need. */
  const inherited = (i: number, bytes: number, taken: ReadonlySet<Growing>): Growing | undefined => {
    const copied = copiedPlace(traced[i]);
    const places = flat[i]?.operands.map(({ place }) => place) ?? (copied === undefined ? [] : [copied]);
    for (const place of places) {
      const source = traced[i]?.places[place];
      if (source?.kind !== 'input' || lastNode.get(source.view.buffer) !== i) continue;
      const life = lifeOf.get(source.view.buffer);
      if (life?.bytes === bytes && !taken.has(life)) return life;
    }
    return undefined;
  };
  graph.nodes.forEach((node, i) => {
    if (traced[i] === undefined) return;
    const time = groups[i];
    const taken = new Set<Growing>();
    for (const view of node.outputs) {
      if (results.has(view.buffer)) continue;
      const last = groups[lastNode.get(view.buffer) ?? i];
      const bytes = tiles.has(view.buffer) ? (TILE * bytesOf(view)) / (flat[i]?.count ?? 1) : bytesOf(view);
      let life = inherited(i, bytes, taken);
      if (life === undefined) life = { bytes, first: time, last };
      else life.last = Math.max(life.last, last);
      taken.add(life);
      lifeOf.set(view.buffer, life);
      lives.push({ slot: view.buffer, life });
    }
  });

  let slotCount = graph.bufferCount;
  const packed = new Map<string, number>();
  const newSlot = (life: Growing): number => {
    lives.push({ slot: slotCount, life });
    return slotCount++;
  };
  const slots = traced.map((trace, i) =>
    (trace?.places ?? []).map((place, index) => {
      switch (place.kind) {
        case 'input':
        case 'output':
          return place.view.buffer;
        case 'packed': {
          // Nodes that pack the same weights alike share the copy.
          const name = `${place.view.buffer} ${place.layout}`;
          const known = packed.get(name);
          if (known !== undefined) return known;
          const slot = newSlot({ bytes: place.bytes, first: 0, last: end });
          packed.set(name, slot);
          return slot;
        }
        default: {
          // Scratch with tables in it belongs to its kernel alone: they are written once.
          const forever = trace?.tables.some((table) => table.place === index) === true;
          return newSlot({
            bytes: place.bytes,
            first: forever ? 0 : groups[i],
            last: forever ? end : groups[i],
          });
        }
      }
    }),
  );
  const distinct = [...new Set(lives.map(({ life }) => life))];
  const { offsets, bytes } = layOut(distinct as Lifetime[]);
  const offsetOf = new Map(distinct.map((life, i) => [life, offsets[i]]));
  return {
    slots,
    slotCount,
    offsets: new Map(lives.map(({ slot, life }) => [slot, offsetOf.get(life) as number])),
    bytes,
    tiles,
  };
}
