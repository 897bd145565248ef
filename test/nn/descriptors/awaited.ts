/** Layers of the goldens that are not written yet; each must be taken off here when its descriptor comes. */
export const awaited: readonly string[] = [];

/** Layers whose gradients need kernels that the WASM backend does not have yet: their tests there are pending. */
export const awaitedOnWasm: readonly string[] = [];
