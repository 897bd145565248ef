import { createHash } from 'node:crypto';
import { slice, type Tensor2D, type Tensor4D } from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import * as hk from 'tanka';
import { bestGuesses } from '../../../examples/pretrained/efficientnet/classes.js';
import { decodePhoto } from '../../../examples/pretrained/efficientnet/decode.js';
import { EfficientNetLite0, efficientNetLite0 } from '../../../examples/pretrained/efficientnet/model.js';
import { centreSquare, toImages } from '../../../examples/pretrained/efficientnet/photo.js';
import { efficientNetLite0Weights } from '../../../examples/pretrained/efficientnet/weights.js';
import { tolerances } from '../../support/tolerances.js';
import { pretrainedFile, recordedWeights, Recording, watched, type Stages } from './support.js';

const photos = ['chelsea', 'coffee'].map((name) => decodePhoto(pretrainedFile(`samples/${name}.png`)));

describe('examples/pretrained: EfficientNet-Lite0', () => {
  it('cuts and resizes photos as Pillow did, to the bit', () => {
    const digests = photos.map((photo) =>
      createHash('sha256').update(centreSquare(photo, 224)).digest('hex'),
    );
    expect(digests).to.deep.equal([
      'f40a2960d8e4ee8a06d18835dae1363b27421ebd67a41fea0278494796f70264',
      'fe9bd0ae9db7cd4dcaa30ee35b1d2a1f30b658dfe169339a2a3a39204ea57f0b',
    ]);
  });

  it('takes JPEG files too, and no others', () => {
    const photo = decodePhoto(pretrainedFile('samples/coffee.jpg'));
    expect([photo.width, photo.height]).to.deep.equal([600, 400]);
    const [jpeg, png] = [photo, photos[1]].map((image) => centreSquare(image, 224));
    const differences = jpeg.reduce((sum, value, i) => sum + Math.abs(value - png[i]), 0);
    expect(differences / jpeg.length).to.be.below(4);
    expect(() => decodePhoto(Uint8Array.of(71, 73, 70, 56))).to.throw('neither a JPEG nor a PNG');
  });

  it('equals torch stage by stage and in its logits', () => {
    const recording = new Recording('efficientnet_lite0');
    const checkpoint = recordedWeights('efficientnet_lite0');
    const { params, state } = efficientNetLite0Weights(checkpoint);
    const images = toImages(photos);
    const first = slice(images, [0, 0, 0, 0], [1, 224, 224, 3]);

    const stageNames = recording.names.filter((name) => name.startsWith('act.')).map((name) => name.slice(4));
    const stages: Stages = {};
    const network = hk.transformWithState((x: Tensor4D) =>
      watched(stageNames, stages, () => new EfficientNetLite0().call(x, false)),
    );
    const watchedResult = network.apply(params, state, null, first);
    expect(Object.keys(stages)).to.have.members(stageNames);
    for (const name of stageNames) {
      const largest = Math.max(...Array.from(recording.values(`act.${name}`), Math.abs));
      const difference = recording.difference(`act.${name}`, stages[name][0]);
      expect(difference / largest, name).to.be.below(tolerances.pretrainedLogits);
    }

    const [logits, nextState] = efficientNetLite0.apply(params, state, images, false);
    expect(recording.difference('logits', logits)).to.be.below(tolerances.pretrainedLogits);
    expect(bestGuesses(logits, 1).map(([best]) => best.name)).to.deep.equal(['Egyptian cat', 'espresso']);
    hk.tree.dispose([checkpoint, params, state, images, first, stages, watchedResult, logits, nextState]);
  });

  it('equals itself as a plan, whose batch norms went into its convolutions', () => {
    const checkpoint = recordedWeights('efficientnet_lite0');
    const { params, state } = efficientNetLite0Weights(checkpoint);
    const images = toImages(photos);
    const plan = hk.jit(
      (p: hk.Params, s: hk.State, x: Tensor4D): Tensor2D => efficientNetLite0.apply(p, s, x, false)[0],
      { constants: [params, state] },
    );
    const logits = plan(params, state, images);
    expect(new Recording('efficientnet_lite0').difference('logits', logits)).to.be.below(
      tolerances.pretrainedLogits,
    );
    plan.dispose();
    hk.tree.dispose([checkpoint, params, state, images, logits]);
  });
});
