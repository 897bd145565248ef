import { layer } from '../module/layer.js';
import { Reshape, type ReshapeOptions } from './reshape.js';

/** Options of {@link Flatten}. */
export type FlattenOptions = ReshapeOptions;

/** Makes one dimension of all but the preserved ones: {@link Reshape} to `[-1]`. Has no parameters. */
@layer('Flatten', [], { preserveDims: 1 })
export class Flatten extends Reshape {
  /** @throws `layer-options` for `preserveDims: 0` */
  constructor(options: FlattenOptions = {}) {
    super([-1], options);
  }
}
