import { layer } from '../../module/layer.js';
import { ResNet, type ResNetVariantOptions } from './resnet.js';

/** {@link ResNet} of 18 layers. */
@layer('ResNet18', ['numClasses'], { resnetV2: false, strides: [1, 2, 2, 2] })
export class ResNet18 extends ResNet {
  /** @throws `layer-options` */
  constructor(numClasses: number, options: ResNetVariantOptions = {}) {
    super({ ...options, numClasses, ...ResNet.CONFIGS[18] });
  }
}
