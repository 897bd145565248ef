import { attentionDescriptors } from './attention.js';
import { convDescriptors } from './conv.js';
import { denseDescriptors } from './dense.js';
import type { HandCase, LayerCase, LayerDescriptor } from './descriptor.js';
import { moduleGoldens, type GoldenLayerCase } from './goldens.js';
import { makeInputs } from './inputs.js';
import { mlpDescriptors } from './mlp.js';
import { netDescriptors } from './nets.js';
import { normDescriptors } from './norm.js';
import { poolDescriptors } from './pool.js';
import { recurrentGoldens } from './recurrent-goldens.js';
import { recurrentDescriptors } from './recurrent.js';
import { shapeDescriptors } from './shape.js';
import { spectralDescriptors } from './spectral.js';

/** All layers, one file a family. */
export const descriptors: readonly LayerDescriptor[] = [
  ...convDescriptors,
  ...attentionDescriptors,
  ...denseDescriptors,
  ...mlpDescriptors,
  ...netDescriptors,
  ...normDescriptors,
  ...poolDescriptors,
  ...recurrentDescriptors,
  ...shapeDescriptors,
  ...spectralDescriptors,
];

/** Every golden case of one layer, with the name of its class. */
export const allGoldens = [...moduleGoldens, ...recurrentGoldens];

/** The golden cases of a layer. */
export function goldensOf({ layer }: LayerDescriptor): GoldenLayerCase[] {
  return allGoldens.filter(({ module }) => module === layer).map(({ layerCase }) => layerCase);
}

function fromHand(handCase: HandCase): LayerCase {
  return { ...handCase, inputs: () => makeInputs(handCase.inputs) };
}

/** All cases of a layer: its goldens and those written by hand. */
export function casesOf(descriptor: LayerDescriptor): LayerCase[] {
  return [...goldensOf(descriptor), ...(descriptor.cases ?? []).map(fromHand)];
}
