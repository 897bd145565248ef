import { module } from '../../module/decorators.js';
import { ResNet, type ResNetVariantOptions } from './resnet.js';

/** {@link ResNet} of 34 layers. */
@module('res_net34', {
  className: 'ResNet34',
  positional: ['numClasses'],
  defaults: { resnetV2: false, strides: [1, 2, 2, 2] },
})
export class ResNet34 extends ResNet {
  /** @throws `layer-options` */
  constructor(numClasses: number, options: ResNetVariantOptions = {}) {
    super({ ...options, numClasses, ...ResNet.CONFIGS[34] });
  }
}
