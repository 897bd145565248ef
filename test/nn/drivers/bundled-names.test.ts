import { build } from 'esbuild';
import { expect } from 'chai';
import { fileURLToPath } from 'node:url';
import * as hk from '../../../src/index.js';
import { moduleInfo } from '../../../src/module/registry.js';
import { findClass } from '../descriptors/build.js';
import type { Library } from '../descriptors/descriptor.js';
import { casesOf, descriptors } from '../descriptors/index.js';
import { modelOf } from './run.js';

/** The library as a bundler with minification makes it. */
async function minified(): Promise<Library> {
  // Inside the repository, so that what stays outside of the bundle is found.
  const outfile = fileURLToPath(new URL('../../../build/minified/tanka.mjs', import.meta.url));
  await build({
    entryPoints: [fileURLToPath(new URL('../../../src/index.ts', import.meta.url))],
    outfile,
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'node',
    external: ['@tensorflow/*', 'reflect-metadata'],
    logLevel: 'error',
  });
  return (await import(outfile)) as Library;
}

function names(bundles: object): [bundle: string, names: string[]][] {
  return Object.entries(bundles).map(([bundle, values]) => [bundle, Object.keys(values as object)]);
}

describe('layers keep their names in a minified bundle', () => {
  let bundled: Library;

  before(async () => {
    bundled = await minified();
    // Otherwise the test would show nothing.
    expect(bundled.PRNGSequence.name).not.to.equal('PRNGSequence');
  });

  for (const descriptor of descriptors) {
    it(descriptor.layer, () => {
      const info = moduleInfo(findClass(bundled, descriptor.layer));
      expect(info, 'what String(module) shows').to.include({ className: descriptor.layer });
      for (const layerCase of casesOf(descriptor)) {
        const inputs = layerCase.inputs();
        const seed = layerCase.seed ?? 42;
        const [params, state] = modelOf(layerCase).init(seed, ...inputs);
        const [bundledParams, bundledState] = modelOf(layerCase, bundled).init(seed, ...inputs);
        expect(names(bundledParams), layerCase.id).to.deep.equal(names(params));
        expect(names(bundledState), layerCase.id).to.deep.equal(names(state));
        hk.tree.dispose([params, state, bundledParams, bundledState, inputs]);
      }
    });
  }
});
