import { module } from '../../module/decorators.js';
import { ResNet, type ResNetVariantOptions } from './resnet.js';

/** {@link ResNet} of 101 layers. */
@module('res_net101', {
  className: 'ResNet101',
  positional: ['numClasses'],
  defaults: { resnetV2: false, strides: [1, 2, 2, 2] },
})
export class ResNet101 extends ResNet {
  /** @throws `layer-options` */
  constructor(numClasses: number, options: ResNetVariantOptions = {}) {
    super({ ...options, numClasses, ...ResNet.CONFIGS[101] });
  }
}
