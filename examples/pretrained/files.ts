import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { loadSafetensors, type Checkpoint } from 'tanka/checkpoint';

/** The path of a file below this folder. */
export function bundled(path: string): string {
  return fileURLToPath(new URL(path, import.meta.url));
}

/** The recorded weights of a model. */
export function bundledWeights(model: string): Checkpoint {
  return loadSafetensors(readFileSync(bundled(`weights/${model}.safetensors`)));
}
