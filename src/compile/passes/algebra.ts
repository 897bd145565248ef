import { sizeOf, type BufferId, type KernelNode, type View } from '../graph.js';
import type { Surroundings } from './rewrite.js';

/**
 * A sum of products. Each key names the factors of a product, sorted: a buffer's number, with a `/` before it for one that is divided by;
 * the value is the number that the product is multiplied by.
 */
export type Polynomial = ReadonlyMap<string, number>;

/** What a formula is found to be. */
export interface Expanded {
  readonly polynomial: Polynomial;
  /** The nodes that compute it. */
  readonly nodes: readonly KernelNode[];
  /** How each factor is seen: with another shape in one place than in another it is none. */
  readonly factors: ReadonlyMap<BufferId, View>;
}

/** Formulas of more terms or more factors are not looked into. */
const MOST_TERMS = 6;
const MOST_FACTORS = 6;
const DEEPEST = 8;

const OPERATIONS = ['Add', 'Sub', 'Multiply', 'RealDiv', 'Square', 'Pow', 'Neg', 'Reciprocal'];

function same(a: readonly number[], b: readonly number[]): boolean {
  return String(a) === String(b);
}

function sum(a: Polynomial, b: Polynomial, sign: number): Polynomial {
  const out = new Map(a);
  for (const [key, factor] of b) out.set(key, (out.get(key) ?? 0) + sign * factor);
  return out;
}

function product(a: Polynomial, b: Polynomial): Polynomial {
  const out = new Map<string, number>();
  for (const [keyA, factorA] of a) {
    for (const [keyB, factorB] of b) {
      const key = [...keyA.split(' '), ...keyB.split(' ')].filter(Boolean).sort().join(' ');
      out.set(key, (out.get(key) ?? 0) + factorA * factorB);
    }
  }
  return out;
}

/** The key of a product of buffers, as in {@link Polynomial}. */
export function term(...factors: readonly (BufferId | string)[]): string {
  return factors.map(String).sort().join(' ');
}

class Expansion {
  readonly nodes = new Set<KernelNode>();
  readonly factors = new Map<BufferId, View>();
  isConsistent = true;

  constructor(
    private readonly near: Surroundings,
    private readonly stops: ReadonlySet<BufferId>,
  ) {}

  #factor(view: View, inverse = false): Polynomial {
    const known = this.factors.get(view.buffer);
    this.isConsistent &&= view.dtype === 'float32' && (known === undefined || same(known.shape, view.shape));
    this.factors.set(view.buffer, view);
    return new Map([[`${inverse ? '/' : ''}${view.buffer}`, 1]]);
  }

  of(view: View, depth: number): Polynomial {
    const value = this.near.scalar(view);
    if (value !== undefined && view.dtype === 'float32') return new Map([['', value]]);
    const node = this.stops.has(view.buffer) ? undefined : this.near.from(view, ...OPERATIONS);
    if (node === undefined || depth > DEEPEST) return this.#factor(view);
    let operands = Object.values(node.inputs) as View[];
    if (!same(node.outputs[0].shape, view.shape)) {
      // Seen with another shape, as its operands may be where nothing is broadcast.
      const isWhole = (one: View): boolean => sizeOf(one.shape) === sizeOf(view.shape);
      if (!operands.every((one) => isWhole(one) || this.near.scalar(one) !== undefined))
        return this.#factor(view);
      operands = operands.map((one) => (isWhole(one) ? { ...one, shape: view.shape } : one));
    }
    this.nodes.add(node);
    const [a, b] = operands;
    const power = node.name === 'Square' ? 2 : node.name === 'Pow' ? this.near.scalar(b) : undefined;
    let out: Polynomial;
    if (power !== undefined || node.name === 'Pow') {
      const base = this.of(a, depth + 1);
      if (power !== 2 && power !== 3) this.isConsistent = false;
      out = product(base, base);
      if (power === 3) out = product(out, base);
    } else if (node.name === 'Add' || node.name === 'Sub') {
      out = sum(this.of(a, depth + 1), this.of(b, depth + 1), node.name === 'Add' ? 1 : -1);
    } else if (node.name === 'Multiply') {
      out = product(this.of(a, depth + 1), this.of(b, depth + 1));
    } else if (node.name === 'Neg') {
      out = sum(new Map(), this.of(a, depth + 1), -1);
    } else {
      const [above, below] = node.name === 'Reciprocal' ? [undefined, a] : [a, b];
      const divisor = this.near.scalar(below);
      const factor = divisor === undefined ? this.#factor(below, true) : new Map([['', 1 / divisor]]);
      out = above === undefined ? factor : product(this.of(above, depth + 1), factor);
    }
    this.isConsistent &&=
      out.size <= MOST_TERMS && [...out.keys()].every((key) => key.split(' ').length <= MOST_FACTORS);
    return out;
  }
}

/**
 * Multiplies out the formula that a view is computed by, in whatever order it was written, down to `stops` and to what is no sum, product,
 * quotient or small power. Broadcasting is no matter: a term is the product of its factors, each seen with one shape.
 */
export function expand(
  view: View,
  near: Surroundings,
  stops: readonly (View | undefined)[],
): Expanded | undefined {
  const expansion = new Expansion(near, new Set(stops.flatMap((stop) => stop?.buffer ?? [])));
  const polynomial = expansion.of(view, 0);
  return expansion.isConsistent
    ? { polynomial, nodes: [...expansion.nodes], factors: expansion.factors }
    : undefined;
}

/** What a formula is computed by, at all depths: each may be the variable that it is a formula of. */
export function ingredients(view: View, near: Surroundings): View[] {
  const found = new Map<BufferId, View>();
  let front = [view];
  for (let depth = 0; depth < DEEPEST && front.length > 0 && found.size < 2 * MOST_TERMS; depth++) {
    front.forEach((one) => found.set(one.buffer, one));
    front = front
      .flatMap((one) => Object.values(near.from(one, ...OPERATIONS)?.inputs ?? {}) as View[])
      .filter((one) => !found.has(one.buffer) && near.scalar(one) === undefined);
  }
  return [...found.values()];
}

/** Whether a formula is this one, up to the rounding of its numbers. */
export function equals(polynomial: Polynomial, expected: Readonly<Record<string, number>>): boolean {
  const terms = Object.entries(expected);
  return (
    [...polynomial.values()].filter((factor) => factor !== 0).length === terms.length &&
    terms.every(([key, factor]) => Math.abs((polynomial.get(key) ?? NaN) - factor) <= 1e-6 * Math.abs(factor))
  );
}

/** Where a formula that a view is part of may end: what sums and products make of it, the furthest first. */
export function ends(view: View, near: Surroundings): View[] {
  const found = new Set<KernelNode>();
  let front = [view];
  for (let depth = 0; depth < DEEPEST && front.length > 0; depth++) {
    const next = front
      .flatMap((one) => near.readers(one))
      .filter((node) => OPERATIONS.includes(node.name) && !found.has(node));
    next.forEach((node) => found.add(node));
    front = next.length > MOST_TERMS ? [] : next.map((node) => node.outputs[0]);
  }
  return [...found].sort((a, b) => near.placeOf(b) - near.placeOf(a)).map((node) => node.outputs[0]);
}
