import { add, mul, ones, tensor, tidy, zeros, type Tensor, type Tensor4D } from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import * as hk from '../../../src/index.js';
import { expectClose } from '../../support/compare.js';

const image = (): Tensor4D => ones<Tensor4D['rankType']>([1, 32, 32, 3]);
const zeroWeights = <R>(f: () => R): R =>
  hk.customCreator((_next, shape, dtype) => zeros([...shape], dtype), f);

describe('ResNet', () => {
  const small = { blocksPerGroup: [1, 1, 1, 1], numClasses: 5, channelsPerGroup: [4, 8, 8, 16] } as const;

  for (const resnetV2 of [false, true]) {
    for (const bottleneck of [false, true]) {
      it(`starts with logits of zeros: version ${resnetV2 ? 2 : 1}, ${bottleneck ? 'bottleneck' : 'plain'}`, () => {
        tidy(() => {
          const model = hk.transformWithState((x: Tensor4D) =>
            new hk.nets.ResNet({ ...small, resnetV2, bottleneck }).call(x, true),
          );
          const [params, state] = model.init(42, image());
          const [y] = model.apply(params, state, null, image());
          expect(y.shape).to.deep.equal([1, 5]);
          expect([...y.dataSync()]).to.deep.equal([0, 0, 0, 0, 0]);
          const norms = Object.keys(params).filter((name) => /(initial|final)_batchnorm$/.test(name));
          expect(norms).to.deep.equal([`res_net/~/${resnetV2 ? 'final' : 'initial'}_batchnorm`]);
        });
      });
    }
  }

  it('projects the shortcuts it is told to', () => {
    tidy(() => {
      const useProjection = [false, true, false, true];
      const model = hk.transformWithState((x: Tensor4D) =>
        new hk.nets.ResNet({
          ...small,
          channelsPerGroup: [64, 8, 8, 16],
          strides: [1, 2, 1, 2],
          bottleneck: false,
          useProjection,
        }).call(x, true),
      );
      const [params] = model.init(42, image());
      const projected = Object.keys(params).filter((name) => name.endsWith('shortcut_conv'));
      expect(projected).to.deep.equal([
        'res_net/~/block_group_1/~/block_0/~/shortcut_conv',
        'res_net/~/block_group_3/~/block_0/~/shortcut_conv',
      ]);
    });
  });

  it('starts the scale of a bottleneck’s last norm at zero, in version 1 alone', () => {
    tidy(() => {
      for (const [resnetV2, expected] of [
        [false, 0],
        [true, 1],
      ] as const) {
        const [params] = hk
          .transformWithState((x: Tensor4D) => new hk.nets.ResNet({ ...small, resnetV2 }).call(x, true))
          .init(42, image());
        const { scale } = params['res_net/~/block_group_2/~/block_0/~/batchnorm_2'];
        expect(scale.dataSync()[0]).to.equal(expected);
      }
    });
  });

  const counts = { 18: 11.7, 34: 21.8, 50: 25.6, 101: 44.5, 152: 60.2, 200: 64.7 } as const;
  for (const depth of [18, 34, 50, 101, 152, 200] as const) {
    it(`of ${depth} layers has ${counts[depth]} million parameters`, () => {
      const model = hk.transformWithState((x: Tensor4D) =>
        zeroWeights(() => new hk.nets[`ResNet${depth}`](1000).call(x, true)),
      );
      const x = image();
      const [params, state] = model.init(null, x);
      const total = hk.tree.reduce<number>((sum, leaf) => sum + leaf.size, params, 0);
      expect(total / 1e6).to.be.closeTo(counts[depth], 0.002 * counts[depth]);
      hk.tree.dispose([x, params, state]);
    });
  }
});

describe('MobileNetV1', () => {
  it('has biases or norms', () => {
    tidy(() => {
      const names = (useBn: boolean): string[] => {
        const model = hk.transformWithState((x: Tensor4D) =>
          new hk.nets.MobileNetV1({ strides: [1, 2], channels: [4, 8], numClasses: 3, useBn }).call(x, true),
        );
        const [params, state] = model.init(42, image());
        expect(model.apply(params, state, null, image())[0].shape).to.deep.equal([1, 3]);
        return Object.keys(params['mobile_net_v1/mobile_net_v1_block_1/pointwise_conv']);
      };
      expect(names(true)).to.deep.equal(['w']);
      expect(names(false)).to.deep.equal(['w', 'b']);
    });
  });
});

describe('vector quantizers', () => {
  const options = { embeddingDim: 4, numEmbeddings: 5, commitmentCost: 0.25 } as const;

  it('take the nearest embedding, which quantizes to itself', () => {
    tidy(() => {
      const model = hk.transform((x: Tensor) => {
        const vq = new hk.nets.VectorQuantizer(options);
        const result = vq.call(x, true);
        return {
          ...result,
          rows: vq.quantize(tensor([0, 1, 2, 3, 4], [5], 'int32')),
          embeddings: vq.embeddings,
        };
      });
      const params = model.init(42, ones([1, 4]));
      const { rows } = model.apply(params, null, ones([1, 4]));
      const near = add(rows, 1e-3);
      const { encodingIndices, quantize, perplexity } = model.apply(params, null, near);
      expect(encodingIndices.dtype).to.equal('int32');
      expect([...encodingIndices.dataSync()]).to.deep.equal([0, 1, 2, 3, 4]);
      expectClose(quantize, rows.dataSync(), 1e-5);
      expectClose(perplexity, Float32Array.of(5), 1e-5);
    });
  });

  it('move their averaged embeddings in training only', () => {
    tidy(() => {
      const model = hk.transformWithState((x: Tensor, isTraining: boolean) =>
        new hk.nets.VectorQuantizerEMA({ ...options, decay: 0.5 }).call(x, isTraining),
      );
      const x = mul(ones([3, 4]), 0.3);
      const [params, state] = model.init(42, x, true);
      expect(Object.keys(params)).to.deep.equal([]);
      const embeddings = (of: hk.State): number[] => [...of.vector_quantizer_ema.embeddings.dataSync()];
      const [, evaluated] = model.apply(params, state, null, x, false);
      const [, trained] = model.apply(params, state, null, x, true);
      expect(embeddings(evaluated)).to.deep.equal(embeddings(state));
      expect(embeddings(trained)).to.not.deep.equal(embeddings(state));
    });
  });

  it('take batches of size zero', () => {
    tidy(() => {
      const model = hk.transformWithState(
        (x: Tensor) => new hk.nets.VectorQuantizerEMA({ ...options, decay: 0.5 }).call(x, true).quantize,
      );
      const x = zeros([0, 4]);
      const [params, state] = model.init(42, x);
      expect(model.apply(params, state, null, x)[0].shape).to.deep.equal([0, 4]);
    });
  });
});
