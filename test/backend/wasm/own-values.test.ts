import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import { stockModule, wasmBackend } from '../../../src/backend/wasm/heap.js';
import { stockKernel } from '../../../src/backend/wasm/register.js';

/** How often the stock kernels are told of values, and told that they are gone, during `body`. */
function registrations(body: () => void): { told: number; gone: number } {
  const { tfjs } = stockModule(wasmBackend()) as unknown as {
    tfjs: { registerTensor: (...args: number[]) => void; disposeData: (id: number) => void };
  };
  const { registerTensor, disposeData } = tfjs;
  const count = { told: 0, gone: 0 };
  tfjs.registerTensor = (...args) => {
    count.told++;
    registerTensor(...args);
  };
  tfjs.disposeData = (id) => {
    count.gone++;
    disposeData(id);
  };
  try {
    body();
  } finally {
    Object.assign(tfjs, { registerTensor, disposeData });
  }
  return count;
}

describe('values that our kernels make on WASM', () => {
  it('are unknown to the stock kernels until one of them reads them', () => {
    const x = tf.tensor1d([1, 2, 3]);
    const stockRelu = stockKernel('Relu');
    const count = registrations(() => {
      tf.tidy(() => {
        const y = tf.sub(tf.square(x), 4);
        tf.exp(tf.mul(y, y));
      });
    });
    // The number 4 comes from outside; the four results are ours alone.
    expect(count).to.deep.equal({ told: 1, gone: 1 });
    const read = (tensor: tf.Tensor): void => {
      const backend = wasmBackend();
      const out = stockRelu?.kernelFunc({ inputs: { x: tensor }, attrs: {}, backend }) as tf.TensorInfo;
      expect([...(backend.readSync(out.dataId) as Float32Array)]).to.deep.equal([0, 0, 1]);
      backend.disposeData(out.dataId);
    };
    const result = tf.add(x, -2);
    expect(
      registrations(() => {
        read(result);
      }),
    ).to.deep.equal({ told: 2, gone: 1 });
    expect(
      registrations(() => {
        read(result);
        result.dispose();
      }),
    ).to.deep.equal({ told: 1, gone: 2 });
    x.dispose();
  });

  it('live as long as the last handle on them', () => {
    const x = tf.tensor1d([1, 2]);
    const y = tf.add(x, 1);
    const before = wasmBackend().numDataIds();
    const [again, flat] = [tf.clone(y), tf.reshape(y, [2, 1])];
    expect(wasmBackend().refCount(y.dataId)).to.equal(3);
    y.dispose();
    again.dispose();
    expect([...flat.dataSync()]).to.deep.equal([2, 3]);
    expect(wasmBackend().numDataIds()).to.equal(before);
    flat.dispose();
    expect(wasmBackend().numDataIds()).to.equal(before - 1);
    expect(wasmBackend().disposeData(flat.dataId)).to.equal(true);
    x.dispose();
  });

  it('move to another backend and back', async () => {
    const x = tf.tensor1d([1, 2, 3]);
    const y = tf.mul(x, 3);
    await tf.setBackend('cpu');
    const onCpu = tf.add(y, 1);
    expect([...onCpu.dataSync()]).to.deep.equal([4, 7, 10]);
    await tf.setBackend('wasm');
    const back = tf.tidy(() => tf.maximum(tf.add(y, onCpu), 8));
    expect([...back.dataSync()]).to.deep.equal([8, 13, 19]);
    tf.dispose([x, y, onCpu, back]);
  });
});
