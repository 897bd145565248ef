import { layer } from '../../module/layer.js';
import type { ModuleOptions } from '../../module/module.js';
import { RNNCore } from './core.js';

/** A core without memory: hands its inputs on. Its state is an empty array. Has no parameters. */
@layer('IdentityCore')
export class IdentityCore<Input = unknown> extends RNNCore<[], Input, Input> {
  constructor(options: ModuleOptions = {}) {
    super(options);
  }

  /** @returns what it was given */
  call(inputs: Input, state: []): [output: Input, state: []] {
    return [inputs, state];
  }

  /** `[]` */
  initialState(_batchSize: number | null): [] {
    return [];
  }
}
