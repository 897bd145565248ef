export type { Checkpoint } from './keys.js';
export {
  loadSafetensors,
  safetensorsMetadata,
  saveSafetensors,
  type LoadOptions,
  type SaveSafetensorsOptions,
} from './safetensors/safetensors.js';
export type { StoredDtype, WrittenDtype } from './stored-array.js';
