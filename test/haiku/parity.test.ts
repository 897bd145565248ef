import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import * as hk from '../../src/index.js';

/** The public symbols of dm-haiku 0.0.17, as the package lists them. */
const symbols = readFileSync(new URL('symbols.txt', import.meta.url), 'utf8')
  .trim()
  .split('\n');

const rows = [
  ...readFileSync('docs/parity.md', 'utf8').matchAll(/^\| `([^`]+)`\s*\| ([a-z ]+?)\s*\| (.*?)\s*\|$/gm),
].map(([, symbol, status, how]) => ({ symbol, status, how }));

/** What is only a type at run time. */
const TYPES = new Set([
  'GetterContext',
  'SetterContext',
  'MethodContext',
  'LayerStackTransparencyMapping',
  'MultiTransformed',
  'MultiTransformedWithState',
  'Params',
  'State',
  'Transformed',
  'TransformedWithState',
  'RNNCore',
  'Initializer',
]);

function lookUp(path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>((node, key) => (node as Record<string, unknown> | undefined)?.[key], hk);
}

describe('docs/parity.md', () => {
  it('has a row for every public symbol of Haiku', () => {
    const named = new Set(rows.map(({ symbol }) => symbol));
    expect(symbols.filter((symbol) => !named.has(symbol))).to.deep.equal([]);
    expect(rows.length).to.equal(symbols.length);
  });

  it('calls done only what is there, and says why where something is not', () => {
    const done = rows.filter(({ status }) => status === 'done');
    const absent = done
      .map(({ how }) => /^`([\w.]+)`/.exec(how)?.[1] ?? '')
      .filter((path) => path !== '' && !TYPES.has(path) && lookUp(path) === undefined);
    expect(absent).to.deep.equal([]);
    const unexplained = rows.filter(
      ({ status, how }) => (status === 'done differently' || status === 'not applicable') && how === '',
    );
    expect(unexplained).to.deep.equal([]);
    expect([...new Set(rows.map(({ status }) => status))]).to.have.members(
      [...new Set(rows.map(({ status }) => status))].filter((s) =>
        ['done', 'done differently', 'not applicable', 'not done'].includes(s),
      ),
    );
  });
});
