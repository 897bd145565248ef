import { expect } from 'chai';
import * as hk from '../../../src/index.js';
import { exportedModules } from '../descriptors/build.js';
import { shapesGoldens } from '../descriptors/goldens.js';
import { allGoldens, descriptors } from '../descriptors/index.js';

describe('the list of descriptors', () => {
  const described = descriptors.map(({ layer }) => layer);

  it('has each layer once', () => {
    expect(described).to.deep.equal([...new Set(described)]);
  });

  it('has every module that is exported', () => {
    expect(described).to.include.members([...exportedModules(hk).keys()]);
  });

  it('has only modules that are exported', () => {
    expect([...exportedModules(hk).keys()]).to.include.members(described);
  });

  it('has every layer of the goldens', () => {
    const layers = new Set([...allGoldens, ...shapesGoldens].map(({ module }) => module));
    expect(described).to.include.members([...layers]);
  });

  it('has no case twice', () => {
    const ids = descriptors.flatMap(({ cases = [] }) => cases.map(({ id }) => id));
    const all = [...ids, ...allGoldens.map(({ layerCase }) => layerCase.id)];
    expect(all).to.deep.equal([...new Set(all)]);
  });
});
