import { readFileSync } from 'node:fs';
import {
  max,
  abs,
  sub,
  tensor3d,
  tidy,
  expandDims,
  image,
  type io,
  type Tensor,
  type Tensor2D,
  type Tensor4D,
} from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { expect } from 'chai';
import { MobileNetV2Model } from 'nsfwjs/models/mobilenet_v2';
import { PNG } from 'pngjs';
import { fromLayersModel } from '../../src/convert/index.js';
import * as hk from '../../src/index.js';
import { tolerances } from '../support/tolerances.js';

/** What the package exports, whose own types say less. */
interface Packed {
  modelJson(this: void): Promise<{ default: io.ModelJSON }>;
  weightBundles: (() => Promise<{ default: string }>)[];
}

/** MobileNetV2 of nsfwjs as its package has it: a description, and bytes as base64 text. */
async function artifacts(): Promise<io.ModelArtifacts> {
  const { modelJson, weightBundles } = MobileNetV2Model as unknown as Packed;
  const { modelTopology, weightsManifest } = (await modelJson()).default;
  const bundles = await Promise.all(weightBundles.map(async (bundle) => (await bundle()).default));
  return {
    modelTopology,
    weightSpecs: weightsManifest.flatMap(({ weights }) => weights),
    weightData: bundles.map((text) => Uint8Array.from(Buffer.from(text, 'base64')).buffer),
  };
}

function photo(name: string): Tensor4D {
  const { width, height, data } = PNG.sync.read(
    readFileSync(new URL(`../../examples/pretrained/samples/${name}.png`, import.meta.url)),
  );
  return tidy(() => {
    const pixels = Float32Array.from(
      { length: width * height * 3 },
      (_, i) => data[4 * Math.floor(i / 3) + (i % 3)] / 255,
    );
    return expandDims(
      image.resizeBilinear(tensor3d(pixels, [height, width, 3]), [224, 224], true),
    ) as Tensor4D;
  });
}

describe('fromLayersModel, on MobileNetV2 of nsfwjs', () => {
  it('computes what tfjs-layers computes, eagerly and as a plan', async function () {
    this.timeout(120_000);
    const saved = await artifacts();
    const original = await tfl.loadLayersModel({ load: () => Promise.resolve(saved) });
    const { network, params, state } = fromLayersModel(saved);
    expect(hk.dataStructures.treeSize(params) + hk.dataStructures.treeSize(state)).to.be.above(2_600_000);
    expect(params['model_1/Conv1'].w.shape).to.deep.equal([
      3,
      3,
      3,
      original.getLayer('Conv1').countParams() / 27,
    ]);

    const classify = hk.withoutApplyRng(
      hk.transformWithState((x: Tensor4D) => network().call(x) as Tensor2D),
    );
    const plan = hk.jit((x: Tensor4D) => classify.apply(params, state, x)[0], { constants: [params, state] });
    for (const name of ['chelsea', 'coffee']) {
      const x = photo(name);
      const expected = original.predict(x) as Tensor;
      const [eager, after] = classify.apply(params, state, x);
      const planned = plan(x);
      for (const actual of [eager, planned]) {
        const difference = tidy(() => max(abs(sub(actual, expected))).dataSync()[0]);
        expect(difference).to.be.below(tolerances.pretrainedProbabilities);
      }
      // Of drawings, hentai, neutral, porn and sexy.
      expect(expected.dataSync()[2]).to.be.above(0.9);
      hk.tree.dispose([x, expected, eager, after, planned]);
    }
    plan.dispose();
    hk.tree.dispose([params, state]);
    original.dispose();
  });
});
