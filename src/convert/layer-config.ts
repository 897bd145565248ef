import { TankaError } from '../errors/tanka-error.js';

/** An object of JSON. */
export type Json = Readonly<Record<string, unknown>>;

/** The error for a description that is not one of a model. */
export function invalidModel(what: string): TankaError {
  return new TankaError(
    'convert-model-invalid',
    `This is not the description of a saved layers model: ${what}. Save it again with model.save(…) of tfjs-layers, or convert it with the tensorflowjs package.`,
  );
}

/** What is said to be an object must be one. */
export function object(value: unknown, what: string): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalidModel(`${what} is ${JSON.stringify(value)?.slice(0, 60) ?? 'missing'}, not an object`);
  }
  return value as Json;
}

/** What is said to be a list must be one. */
export function list(value: unknown, what: string): readonly unknown[] {
  if (!Array.isArray(value)) {
    throw invalidModel(`${what} is ${JSON.stringify(value)?.slice(0, 60) ?? 'missing'}, not a list`);
  }
  return value;
}

/** The configuration of one layer, read with checks; keys are in Python's spelling, as files have them. */
export class LayerConfig {
  constructor(
    readonly className: string,
    readonly name: string,
    private readonly values: Json,
  ) {}

  /** The layer's name as a Haiku module may be called. */
  get moduleName(): string {
    const name = this.name.replace(/\W/g, '_');
    return /^\d/.test(name) ? `_${name}` : name;
  }

  /** The error for something that no module of tanka computes. */
  unsupported(what: string): TankaError {
    return new TankaError(
      'convert-layer-unsupported',
      `The layer '${this.name}' (${this.className}) cannot be converted: ${what}. Cut the model before this layer, or write a module for it and load the weights with loadInto and fromKeras.`,
    );
  }

  private fail(key: string, wanted: string): TankaError {
    const value = JSON.stringify(this.values[key])?.slice(0, 60) ?? 'missing';
    return invalidModel(
      `'${key}' of the layer '${this.name}' (${this.className}) is ${value}, not ${wanted}`,
    );
  }

  /** Whether the file says anything of this key. */
  has(key: string): boolean {
    return Object.hasOwn(this.values, key) && this.values[key] !== null && this.values[key] !== undefined;
  }

  number(key: string, fallback?: number): number {
    if (!this.has(key) && fallback !== undefined) return fallback;
    const value = this.values[key];
    if (typeof value !== 'number' || !Number.isFinite(value)) throw this.fail(key, 'a number');
    return value;
  }

  flag(key: string, fallback: boolean): boolean {
    if (!this.has(key)) return fallback;
    const value = this.values[key];
    if (typeof value !== 'boolean') throw this.fail(key, 'true or false');
    return value;
  }

  text(key: string, fallback: string): string {
    if (!this.has(key)) return fallback;
    const value = this.values[key];
    if (typeof value !== 'string') throw this.fail(key, 'a text');
    return value;
  }

  /** Numbers, one for each of `count` axes; one number stands for all. */
  numbers(key: string, count: number, fallback?: number): number[] {
    if (!this.has(key) && fallback !== undefined) return new Array<number>(count).fill(fallback);
    const value = this.values[key];
    if (typeof value === 'number') return new Array<number>(count).fill(value);
    if (!Array.isArray(value) || value.length !== count || !value.every((x) => Number.isInteger(x))) {
      throw this.fail(key, `${count} whole numbers`);
    }
    return value as number[];
  }

  /** Sizes of a shape; null is -1. */
  shape(key: string): number[] {
    return list(this.values[key], `'${key}' of the layer '${this.name}'`).map((size) => {
      if (size === null) return -1;
      if (!Number.isInteger(size)) throw this.fail(key, 'a shape');
      return size as number;
    });
  }

  /** Two numbers, before and after, for each of `count` axes: as they are, one for both, or one for all. */
  pairs(key: string, count: number): [number, number][] {
    const value = this.values[key];
    if (!Array.isArray(value)) return this.numbers(key, count).map((size) => [size, size]);
    const pairs = value.map((pair: unknown) => (Array.isArray(pair) ? (pair as unknown[]) : [pair, pair]));
    if (
      pairs.length !== count ||
      !pairs.flat().every((x) => Number.isInteger(x)) ||
      pairs.some((p) => p.length !== 2)
    ) {
      throw this.fail(key, `${count} pairs of whole numbers`);
    }
    return pairs as [number, number][];
  }

  /** The layer that this one wraps. */
  inner(key: string, name?: string): LayerConfig {
    const inner = object(this.values[key], `'${key}' of the layer '${this.name}'`);
    const config = object(inner.config, `the configuration of '${key}' of the layer '${this.name}'`);
    if (typeof inner.class_name !== 'string') throw this.fail(key, 'a layer');
    return new LayerConfig(inner.class_name, name ?? this.name, config);
  }

  /** The raw value of a key. */
  raw(key: string): unknown {
    return this.values[key];
  }

  /** Refuses values that are not the only ones that can be converted. */
  only(key: string, fallback: unknown, allowed: readonly unknown[]): void {
    const value = this.has(key) ? this.values[key] : fallback;
    if (!allowed.includes(value)) throw this.unsupported(`its ${key} is ${JSON.stringify(value)}`);
  }
}
