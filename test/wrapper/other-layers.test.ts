import { readFileSync } from 'node:fs';
import * as tfl from '@tensorflow/tfjs-layers';
import { expect } from 'chai';
import * as hk from '../../src/index.js';

const page = readFileSync('docs/wrapper.md', 'utf8').split('## The other layers of the page')[1];
const rows = page.split('\n').filter((line) => line.startsWith('| `layer_'));

const exported = new Set(Object.keys(tfl.layers).map((name) => name.toLowerCase()));

/** In rows that say `tfjs`: what it lacks or calls otherwise, as the page says, and names cut short. */
const absent = [
  'subtract',
  'parametricrelu',
  'identity',
  'lambda',
  'transpose',
  'convlstm1d',
  'cropping1d',
  'einsumdense',
];

describe('the layers that docs/wrapper.md names', () => {
  for (const row of rows) {
    const [, names, here] = row.split('|');
    it(names.trim(), () => {
      for (const [, name] of here.matchAll(/`hk\.(\w+)/g)) expect(hk).to.have.property(name);
      const offered = [...names.matchAll(/`(?:layer)?_(\w+)`/g)].map(([, name]) => name.replaceAll('_', ''));
      const tfjs = here.startsWith(' tfjs');
      for (const name of offered) {
        expect(exported.has(name), name).to.equal(tfjs && !absent.includes(name));
      }
    });
  }
});
