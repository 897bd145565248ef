import { layer } from '../../module/layer.js';
import { ResNet, type ResNetVariantOptions } from './resnet.js';

/** {@link ResNet} of 50 layers. */
@layer('ResNet50', ['numClasses'], { resnetV2: false, strides: [1, 2, 2, 2] })
export class ResNet50 extends ResNet {
  /** @throws `layer-options` */
  constructor(numClasses: number, options: ResNetVariantOptions = {}) {
    super({ ...options, numClasses, ...ResNet.CONFIGS[50] });
  }
}
