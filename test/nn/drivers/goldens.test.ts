import { descriptors, goldensOf } from '../descriptors/index.js';
import { testGolden } from './golden-driver.js';

describe('layers equal dm-haiku', () => {
  for (const descriptor of descriptors) {
    for (const layerCase of goldensOf(descriptor)) testGolden(layerCase, descriptor);
  }
});
