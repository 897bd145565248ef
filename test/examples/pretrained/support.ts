import { readFileSync } from 'node:fs';
import { clone, keep, type Tensor } from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import * as hk from 'tanka';
import { loadSafetensors, safetensorsMetadata, type Checkpoint } from 'tanka/checkpoint';
import { goldenArrays, goldenValues } from '../../support/goldens.js';

/** A file below `examples/pretrained`. */
export function pretrainedFile(path: string): Uint8Array {
  return readFileSync(new URL(`../../../examples/pretrained/${path}`, import.meta.url));
}

/** The recorded weights of a model; the caller's. */
export function recordedWeights(model: string): Checkpoint {
  return loadSafetensors(pretrainedFile(`weights/${model}.safetensors`));
}

/** Results of modules by name, one for each of their calls; the caller's. */
export type Stages = Record<string, Tensor[]>;

/** Runs `f` within a transform and keeps the results of `call` of these modules, by their names below the outermost, in `stages`. */
export function watched<T>(names: readonly string[], stages: Stages, f: () => T): T {
  return hk.interceptMethods((next, args, { module, methodName }) => {
    const out = next(...args);
    const name = module.moduleName?.split('/').slice(1).join('/') ?? '';
    if (methodName === 'call' && names.includes(name)) {
      // A loop frees what its steps make.
      (stages[name] ??= []).push(keep(clone((Array.isArray(out) ? out[0] : out) as Tensor)));
    }
    return out;
  }, f);
}

/** What the original engine made of the same input: shapes, and evenly spaced values, as `tools/goldens/sample_pretrained.py` keeps them. */
export class Recording {
  private readonly arrays;
  private readonly shapes: Readonly<Record<string, number[]>>;

  constructor(model: string) {
    const path = `pretrained/${model}.safetensors`;
    this.arrays = goldenArrays(path);
    const metadata = safetensorsMetadata(readFileSync(new URL(`../../goldens/${path}`, import.meta.url)));
    this.shapes = JSON.parse(metadata.shapes) as Record<string, number[]>;
  }

  /** The names of the recorded stages. */
  get names(): string[] {
    return [...this.arrays.keys()];
  }

  /** The recorded values of a stage, evenly spaced. */
  values(name: string): Float32Array | Int32Array | Uint32Array | Uint8Array {
    const array = this.arrays.get(name);
    if (array === undefined) throw new Error(`Nothing was recorded of '${name}'.`);
    return goldenValues(array);
  }

  /** Largest difference from the recorded values of a stage, after comparing its shape. */
  difference(name: string, actual: Tensor): number {
    expect(actual.shape, name).to.deep.equal(this.shapes[name]);
    const expected = this.values(name);
    const values = actual.dataSync();
    let largest = 0;
    expected.forEach((value, i) => {
      const at = Math.floor((i * values.length) / expected.length);
      largest = Math.max(largest, Math.abs(values[at] - value));
    });
    return largest;
  }
}
