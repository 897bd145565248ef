export { fetchSafetensors, hubUrl, type FetchOptions, type HubFile } from './fetch.js';
export { fromFlax, type FlaxKind, type FlaxLayers } from './key-maps/flax.js';
export { fromKeras, type KerasKind, type KerasLayers } from './key-maps/keras.js';
export { composeKeyMaps, renameKeys, type KeyMap } from './key-maps/key-map.js';
export { fromTorch, type TorchKind, type TorchLayers } from './key-maps/torch.js';
export type { Checkpoint } from './keys.js';
export { loadInto, type LeafShape, type LoadIntoOptions } from './load-into.js';
export { loadNpz, saveNpz, type LoadNpzOptions, type SaveNpzOptions } from './npz/npz.js';
export { loadNpy, saveNpy } from './npz/single.js';
export {
  loadSafetensors,
  safetensorsMetadata,
  saveSafetensors,
  type LoadOptions,
  type SaveSafetensorsOptions,
} from './safetensors/safetensors.js';
export { loadSafetensorsFile, type FileOpener } from './safetensors/file.js';
export { loadSharded, saveSharded, type SaveShardedOptions } from './safetensors/sharded.js';
export { streamSafetensors, type ByteSource, type StreamOptions } from './safetensors/stream.js';
export type { StoredDtype, WrittenDtype } from './stored-array.js';
export { loadTfjsWeights, type TfjsArtifacts } from './tfjs-weights.js';
export { fileStore, type FileSystem } from './stores/file.js';
export { indexedDBStore, type IndexedDBStoreOptions } from './stores/indexed-db.js';
export { opfsStore, type OpfsStoreOptions } from './stores/opfs.js';
export type { CheckpointStore } from './stores/store.js';
