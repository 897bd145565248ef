import type { TracedKernel } from './trace.js';

/** Where a raw function takes the count of its entries, and its operands. */
interface FlatFunction {
  readonly count: number;
  /** Arguments that are addresses; `step` is the one that is 0 where the operand is a single value. */
  readonly pointers: readonly { readonly argument: number; readonly step?: number }[];
  /** An argument that must be 0: there are more axes otherwise. */
  readonly rank?: number;
}

function at(...places: number[]): FlatFunction['pointers'] {
  return places.map((argument) => ({ argument }));
}

/** Raw functions that compute each entry of their results from the entries at the same place of their operands, and read before they write. */
const functions: Readonly<Record<string, FlatFunction>> = {
  unary: { count: 1, pointers: at(2, 3) },
  binary: {
    count: 1,
    pointers: [{ argument: 2, step: 3 }, { argument: 4, step: 5 }, { argument: 6 }],
    rank: 7,
  },
  cast: { count: 1, pointers: at(2, 3) },
  select: { count: 0, pointers: at(1, 2, 3, 4) },
  addScaled: { count: 0, pointers: at(1, 2, 4) },
  geluTanhGradient: { count: 0, pointers: at(1, 2, 3) },
  geluErfGradient: { count: 0, pointers: at(1, 2, 3) },
  scaleByAdam: { count: 0, pointers: at(1, 2, 3, 14, 15, 16) },
};

/** A kernel that is one call of a flat function. */
export interface FlatCall {
  readonly count: number;
  /** Which argument is the count. */
  readonly countArgument: number;
  /** Operands and results that have an entry for each. */
  readonly operands: readonly { readonly argument: number; readonly place: number }[];
}

/** What a traced kernel does as a flat call, if it is one. */
export function flatCallOf({ calls, places }: TracedKernel): FlatCall | undefined {
  const [call] = calls;
  if (calls.length !== 1 || !(call.name in functions)) return undefined;
  const { count, pointers, rank } = functions[call.name];
  if (rank !== undefined && call.arguments[rank] !== 0) return undefined;
  const operands: FlatCall['operands'][number][] = [];
  for (const { argument, step } of pointers) {
    if (step !== undefined && call.arguments[step] === 0) continue;
    const address = call.arguments[argument];
    if (typeof address === 'number' || address.offset !== 0) return undefined;
    const { kind } = places[address.place];
    if (kind !== 'input' && kind !== 'output') return undefined;
    operands.push({ argument, place: address.place });
  }
  return { count: call.arguments[count] as number, countArgument: count, operands };
}
