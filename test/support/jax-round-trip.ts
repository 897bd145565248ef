import { readFileSync } from 'node:fs';
import { mean, type Tensor, type Tensor1D, type Tensor4D } from '@tensorflow/tfjs-core';
import { loadInto, loadSafetensors } from '../../src/checkpoint/index.js';
import * as hk from '../../src/index.js';
import * as optim from '../../src/optim/index.js';

/** The model of `tools/jax-round-trip.py`. */
export const model = hk.withoutApplyRng(
  hk.transformWithState((images: Tensor, isTraining: boolean) => {
    const norm = new hk.BatchNorm({ createScale: true, createOffset: true, decayRate: 0.9 });
    const x = norm.call(new hk.Conv2D(4, 3, { stride: 2, withBias: false }).call(images), isTraining);
    return new hk.Linear(5).call(new hk.Flatten().call(hk.nn.relu(x)));
  }),
);

const optimizer = optim.adam(1e-2);

/** All that training goes on from. A type and not an interface: only that is a nesting of tensors to the compiler. */
export type Checkpoint = {
  readonly params: hk.Params;
  readonly state: hk.State;
  readonly optState: ReturnType<typeof optimizer.init>;
};

/** Inputs, and the logits that the recorded parameters give for them in Python. */
export interface Data {
  readonly images: Tensor4D;
  readonly labels: Tensor1D;
  readonly logits: Tensor;
}

/** A file that Python wrote. */
export function recorded(name: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(`../goldens/jax/${name}.safetensors`, import.meta.url)));
}

export function loadData(): Data {
  return loadSafetensors(recorded('data'))[''] as unknown as Data;
}

/** Puts the arrays of a file where training has them. */
export function loadCheckpoint(bytes: Uint8Array, { images }: Data): Checkpoint {
  const [params, state] = model.init(0, images, true);
  const template: Checkpoint = { params, state, optState: optimizer.init(params) };
  const stored = loadSafetensors(bytes);
  const loaded = loadInto(template, stored);
  hk.tree.dispose([template, stored]);
  return loaded;
}

function loss(params: hk.Params, state: hk.State, { images, labels }: Data): [Tensor, hk.State] {
  const [logits, next] = model.apply(params, state, images, true);
  return [mean(optim.softmaxCrossEntropyWithIntegerLabels(logits, labels)), next];
}

const step = hk.donate(({ params, state, optState }: Checkpoint, data: Data): [Checkpoint, null] => {
  const [grads, nextState] = hk.grad(loss, { hasAux: true })(params, state, data);
  const [updates, nextOptState] = optimizer.update(grads, optState, params);
  return [{ params: optim.applyUpdates(params, updates), state: nextState, optState: nextOptState }, null];
});

/** Goes on from a checkpoint, whose tensors are freed. */
export function train(checkpoint: Checkpoint, data: Data, steps: number): Checkpoint {
  for (let i = 0; i < steps; i++) [checkpoint] = step(checkpoint, data);
  return checkpoint;
}
