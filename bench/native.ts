/**
 * The limit: the networks of `bench/jit.ts` on native onnxruntime and JAX, one thread each. Needs Python with `onnxruntime`, `jax` and
 * `dm-haiku`: `node --import tsx bench/native.ts [python] [part of a name]`
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { useWasm } from '../src/wasm/index.js';
import { conv, gpt, lstm, mlp, mobileNet, resNet50, type Work } from './nets/haiku.js';
import { onnxModel } from './nets/onnx.js';

await useWasm();
const works: Record<string, () => Work> = {
  mlp_1: () => mlp(1),
  mlp_32: () => mlp(32),
  mlp_256: () => mlp(256),
  conv_1: () => conv(1),
  conv_32: () => conv(32),
  mobilenet: mobileNet,
  resnet50: resNet50,
  gpt,
  lstm_1: () => lstm(1),
  lstm_32: () => lstm(32),
};
const folder = mkdtempSync(join(tmpdir(), 'native-'));
try {
  for (const [name, make] of Object.entries(works)) {
    if (!name.includes(process.argv[3] ?? '')) continue;
    const { network, input, title } = make();
    const { bytes, x } = onnxModel(network, input);
    writeFileSync(join(folder, `${name}.onnx`), bytes);
    writeFileSync(join(folder, `${name}.json`), JSON.stringify({ title, shape: x.shape }));
  }
  const { status } = spawnSync(process.argv[2] ?? 'python3', ['bench/native.py', folder], {
    stdio: 'inherit',
  });
  process.exitCode = status ?? 1;
} finally {
  rmSync(folder, { recursive: true });
}
