import {
  env,
  getBackend,
  matMul,
  memory,
  tensor,
  tidy,
  transpose,
  train,
  variable,
  conv2d,
  maxPool,
  mean,
  ones,
  randomUniform,
  relu,
  reshape,
  square,
  sub,
  type Scalar,
  type Rank,
} from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import { memoryOf, stockModule, wasmBackend, withScratch } from '../../../src/backend/wasm/heap.js';

function heapBytes(): number {
  return memoryOf(stockModule(wasmBackend())).buffer.byteLength;
}

describe('the heap of the WASM backend', () => {
  it('neither grows nor keeps a tensor over 10,000 training steps', function () {
    this.timeout(120_000);
    const x = randomUniform<Rank.R4>([4, 8, 8, 2], -1, 1, 'float32', 1);
    const target = ones([4, 3]);
    const filter = tidy(() => variable(randomUniform<Rank.R4>([3, 3, 2, 4], -0.3, 0.3, 'float32', 2)));
    const weight = tidy(() => variable(randomUniform([64, 3], -0.3, 0.3, 'float32', 3)));
    const optimizer = train.sgd(0.01);
    const step = (): void => {
      optimizer.minimize(() => {
        const y = maxPool(relu(conv2d(x, filter, 1, 'same')), 2, 2, 'valid');
        return mean<Scalar>(square(sub(matMul(reshape(y, [4, 64]), weight), target)));
      });
    };
    for (let i = 0; i < 100; i++) step();
    const before = { tensors: memory().numTensors, ids: wasmBackend().numDataIds(), heap: heapBytes() };
    for (let i = 0; i < 10_000; i++) step();
    expect({
      tensors: memory().numTensors,
      ids: wasmBackend().numDataIds(),
      heap: heapBytes(),
    }).to.deep.equal(before);
    for (const t of [x, target, filter, weight, optimizer]) t.dispose();
  });

  it('may grow in the middle of a kernel', () => {
    const before = heapBytes();
    // The output and the scratch of this product do not fit into what is there.
    const n = Math.ceil(Math.sqrt(before / 4));
    const [a, b] = [ones([n, 3]), ones([3, n])];
    const c = matMul(a, b);
    expect(heapBytes()).to.be.greaterThan(before);
    const values = c.dataSync();
    expect(values.every((v) => v === 3)).to.equal(true);
    for (const t of [a, b, c]) t.dispose();
    const x = tensor([1, 2, 3, 4], [2, 2]);
    const y = tidy(() => matMul(x, x));
    expect([...y.dataSync()]).to.deep.equal([7, 10, 15, 22]);
    x.dispose();
    y.dispose();
  });

  it('may grow before a kernel writes the table of its axes', () => {
    // A transpose of three axes needs a table; its output is what makes the memory grow.
    const small = tensor([1, 2, 3, 4, 5, 6, 7, 8], [2, 2, 2]);
    transpose(small, [2, 0, 1]).dispose();
    const before = heapBytes();
    const size = Math.ceil(before / 4 / 6);
    const x = ones([2, 3, size]);
    const y = transpose(x, [1, 0, 2]);
    const z = transpose(small, [2, 0, 1]);
    expect(heapBytes()).to.be.greaterThan(before);
    expect(y.dataSync().every((v) => v === 1)).to.equal(true);
    expect([...z.dataSync()]).to.deep.equal([1, 3, 5, 7, 2, 4, 6, 8]);
    for (const t of [small, x, y, z]) t.dispose();
  });

  it('gives large scratch back, and keeps its tensors when a kernel fails', () => {
    const big = 64 * 1024 * 1024;
    const first = withScratch(big, (pointer) => pointer);
    const grown = heapBytes();
    for (let i = 0; i < 5; i++) expect(withScratch(big, (pointer) => pointer)).to.equal(first);
    expect(() =>
      withScratch(big, () => {
        throw new Error('in a kernel');
      }),
    ).to.throw('in a kernel');
    expect(withScratch(big, (pointer) => pointer)).to.equal(first);
    expect(heapBytes()).to.equal(grown);
  });

  it('is that of a backend without threads unless they are asked for', async () => {
    expect(getBackend()).to.equal('wasm');
    expect(await env().getAsync('WASM_HAS_MULTITHREAD_SUPPORT')).to.equal(false);
  });
});
