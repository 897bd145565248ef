import { expect } from 'chai';
import { readdirSync, readFileSync } from 'node:fs';
import * as hk from '../../../src/index.js';
import { exportedModules } from '../descriptors/build.js';
import { shapesGoldens } from '../descriptors/goldens.js';
import { allGoldens, descriptors, goldensOf } from '../descriptors/index.js';

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

  it('runs every case of the goldens', () => {
    const used = [
      ...descriptors.flatMap((descriptor) => goldensOf(descriptor).map(({ id }) => id)),
      ...shapesGoldens.map(({ id }) => id),
    ];
    const folder = new URL('../../goldens/', import.meta.url);
    const files = readdirSync(folder)
      .filter((file) => file.endsWith('.json'))
      .map((file) => JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as unknown);
    // Whatever records a module, or the unroll of a core.
    const recorded = files
      .filter((content) => Array.isArray(content))
      .flatMap((content) => content as { id: string; module?: string; core?: object }[])
      .filter(({ module, core }) => module !== undefined || core !== undefined)
      .map(({ id }) => id);
    expect(recorded).to.include('linear').and.to.include('LSTM/dynamic').and.to.include('resnet/eval');
    expect(used).to.include.members(recorded);
  });

  it('has no case twice', () => {
    const ids = descriptors.flatMap(({ cases = [] }) => cases.map(({ id }) => id));
    const all = [...ids, ...allGoldens.map(({ layerCase }) => layerCase.id)];
    expect(all).to.deep.equal([...new Set(all)]);
  });
});
