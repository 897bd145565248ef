import { io, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { TankaError } from '../errors/tanka-error.js';
import { guardLeaves } from '../tree/owned.js';
import { checkKey, nest, type Checkpoint } from './keys.js';
import type { LoadOptions } from './safetensors/safetensors.js';

/** The weights of a saved TensorFlow.js model: of the artifacts that its IO handlers load. */
export type TfjsArtifacts = Pick<io.ModelArtifacts, 'weightSpecs' | 'weightData'>;

/** Bytes of one stored number; quantized weights are stored as these too. */
const sizes: Readonly<Record<string, number>> = {
  float32: 4,
  int32: 4,
  bool: 1,
  uint8: 1,
  uint16: 2,
  float16: 2,
};

function corrupt(what: string): TankaError {
  return new TankaError(
    'checkpoint-corrupt',
    `These are not the weights of a saved TensorFlow.js model: ${what}. Load its model.json and weight files again.`,
  );
}

/** Bytes that a weight takes in the file. */
function storedSize({ name, shape, dtype, quantization }: io.WeightsManifestEntry): number {
  const type = quantization?.dtype ?? dtype;
  if (!Object.hasOwn(sizes, type)) {
    throw new TankaError(
      'checkpoint-dtype-unsupported',
      `'${name}' is stored as ${type}. Types that can be read: ${Object.keys(sizes).join(', ')}. Save the model without it.`,
    );
  }
  const elements = Array.isArray(shape) ? shape.reduce((product, size) => product * size, 1) : NaN;
  if (!Number.isSafeInteger(elements) || shape.some((size) => !Number.isSafeInteger(size) || size < 0)) {
    throw corrupt(`'${name}' has the shape ${JSON.stringify(shape)}`);
  }
  return elements * sizes[type];
}

function joined(data: io.ModelArtifacts['weightData']): Uint8Array {
  const parts = (Array.isArray(data) ? data : data === undefined ? [] : [data]).map(
    (part) => new Uint8Array(part),
  );
  if (parts.length === 1) return parts[0];
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.byteLength;
  }
  return out;
}

/**
 * The weights of a TensorFlow.js model, of layers or of a graph, quantized ones as floats: what a handler of `tf.io` loaded, or
 * `weightSpecs` from `model.json` with the bytes of the files that it names.
 *
 * @throws `checkpoint-corrupt` for bytes that are not what the specs say, `checkpoint-dtype-unsupported`, `checkpoint-key-invalid`
 */
export function loadTfjsWeights(
  artifacts: TfjsArtifacts,
  { filter = () => true }: LoadOptions = {},
): Checkpoint {
  const { weightSpecs = [], weightData } = artifacts;
  const bytes = joined(weightData);
  const seen = new Set<string>();
  const wanted: { spec: io.WeightsManifestEntry; begin: number; end: number }[] = [];
  let position = 0;
  for (const spec of weightSpecs) {
    checkKey(spec.name);
    if (seen.has(spec.name)) throw corrupt(`the name '${spec.name}' occurs twice`);
    seen.add(spec.name);
    const kept = filter(spec.name);
    // Left out or not: what has no fixed size, as strings, hides where the next begins.
    const end = position + storedSize(spec);
    if (kept) wanted.push({ spec, begin: position, end });
    position = end;
  }
  if (position !== bytes.byteLength) {
    throw corrupt(`their specs need ${position} bytes but there are ${bytes.byteLength}`);
  }
  let checkpoint: Checkpoint = {};
  tidy(() => {
    const made = wanted.map(({ spec, begin, end }): [string, Tensor] => {
      const decoded = io.decodeWeights(bytes.slice(begin, end).buffer, [spec]);
      return [spec.name, decoded[spec.name]];
    });
    checkpoint = nest(made);
    return made.map(([, value]) => value);
  });
  return guardLeaves(checkpoint);
}
