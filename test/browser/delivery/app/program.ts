/** What every way of delivery must do alike: start, train, load a checkpoint by Haiku's names, compute. */
import { add, mean, square, sub, tensor2d, type Tensor2D } from '@tensorflow/tfjs-core';
import * as hk from 'tanka';
import { loadSafetensors, saveSafetensors } from 'tanka/checkpoint';
import { adam, applyUpdates } from 'tanka/optim';
import { useWasm, type WasmReport } from 'tanka/wasm';

/** Named by its class alone, which a minifier must be told to keep. */
@hk.module()
class TiedBias extends hk.Module {
  call(x: Tensor2D): Tensor2D {
    return add(x, hk.getParameter('b', [x.shape[1]], { init: hk.initializers.constant(0) }));
  }
}

@hk.module('autoencoder')
class Autoencoder extends hk.Module {
  private readonly encoder = new hk.Linear(2, { name: 'encoder' });

  call(x: Tensor2D): Tensor2D {
    const code = hk.nn.gelu(new TiedBias().call(this.encoder.call(x) as Tensor2D));
    return new hk.LayerNorm({ axis: -1, createScale: true, createOffset: true }).call(
      new hk.Linear(x.shape[1]).call(code),
    ) as Tensor2D;
  }
}

export interface Outcome {
  readonly report: WasmReport;
  readonly isolated: boolean;
  readonly names: readonly string[];
  readonly losses: readonly number[];
  readonly output: readonly number[];
}

export async function program(threads: number): Promise<Outcome> {
  const report = await useWasm({ threads });
  const model = hk.transform((x: Tensor2D) => new Autoencoder().call(x));
  const x = tensor2d(
    Array.from({ length: 48 }, (_, i) => Math.sin(i * i)),
    [8, 6],
  );
  const tx = adam(1e-2);
  let params = model.init(42, x);
  let state = tx.init(params);
  const losses: number[] = [];
  const lossAndGradient = hk.valueAndGrad((p: hk.Params) => mean(square(sub(model.apply(p, null, x), x))));
  for (let step = 0; step < 5; step++) {
    const [loss, gradient] = lossAndGradient(params);
    const [updates, next] = tx.update(gradient, state, params);
    losses.push(loss.dataSync()[0]);
    params = applyUpdates(params, updates);
    state = next;
  }
  const loaded = loadSafetensors(saveSafetensors(params));
  const output = hk.jit(model.apply)(loaded, null, x);
  return {
    report,
    isolated: globalThis.crossOriginIsolated,
    names: Object.keys(loaded).sort(),
    losses,
    output: Array.from(output.dataSync()),
  };
}
