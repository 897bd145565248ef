import { layer } from '../../module/layer.js';
import { ResNet, type ResNetVariantOptions } from './resnet.js';

/** {@link ResNet} of 152 layers. */
@layer('ResNet152', ['numClasses'], { resnetV2: false, strides: [1, 2, 2, 2] })
export class ResNet152 extends ResNet {
  /** @throws `layer-options` */
  constructor(numClasses: number, options: ResNetVariantOptions = {}) {
    super({ ...options, numClasses, ...ResNet.CONFIGS[152] });
  }
}
