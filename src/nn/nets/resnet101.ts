import { layer } from '../../module/layer.js';
import { ResNet, type ResNetVariantOptions } from './resnet.js';

/** {@link ResNet} of 101 layers. */
@layer('ResNet101', ['numClasses'], { resnetV2: false, strides: [1, 2, 2, 2] })
export class ResNet101 extends ResNet {
  /** @throws `layer-options` */
  constructor(numClasses: number, options: ResNetVariantOptions = {}) {
    super({ ...options, numClasses, ...ResNet.CONFIGS[101] });
  }
}
