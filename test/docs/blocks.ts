import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A fenced `ts` block of a page or a docs comment. */
export interface Block {
  /** Page and line: `docs/memory.md:12`. */
  readonly where: string;
  /** Words behind `ts`: `wrong` (must throw the code that the page is named after), `no-run` (types only), `continues`. */
  readonly tags: readonly string[];
  readonly code: string;
}

const FENCE = /^```ts( [^\n]*)?\n([\s\S]*?)^```$/gm;

/** What blocks may use without importing it. */
const PRELUDE: readonly (readonly [name: string, line: string])[] = [
  ['tf', "import * as tf from '@tensorflow/tfjs-core';"],
  ['tfl', "import * as tfl from '@tensorflow/tfjs-layers';"],
  ['hk', "import * as hk from 'tanka';"],
  ['optim', "import * as optim from 'tanka/optim';"],
];

function withPrelude(code: string): string {
  const missing = PRELUDE.filter(
    ([name]) =>
      new RegExp(`\\b${name}\\.`).test(code) && !new RegExp(`import .*\\b${name}\\b.* from`).test(code),
  );
  return [...missing.map(([, line]) => line), code, 'export {};', ''].join('\n');
}

function lineOf(text: string, index: number): number {
  return text.slice(0, index).split('\n').length;
}

/** The blocks of a text; one that continues the block before it has that block's code above its own. */
function blocksOf(page: string, text: string): Block[] {
  const blocks: Block[] = [];
  let before = '';
  for (const match of text.matchAll(FENCE)) {
    const tags = (match[1] ?? '').trim().split(/\s+/).filter(Boolean);
    const own = match[2];
    const code = tags.includes('continues') ? `${before}\n${own}` : own;
    before = code;
    blocks.push({ where: `${page}:${lineOf(text, match.index)}`, tags, code: withPrelude(code) });
  }
  return blocks;
}

function filesBelow(folder: string, ending: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith(ending))
    .map((file) => join(folder, file))
    .sort();
}

/** Every `ts` block of the README, the pages below `docs` (but for generated ones) and the docs comments of the source. */
export function allBlocks(): Block[] {
  const pages = [
    'README.md',
    ...filesBelow('docs', '.md').filter((file) => !file.endsWith('.api.md')),
  ].flatMap((page) => blocksOf(page, readFileSync(page, 'utf8')));
  const comments = filesBelow('src', '.ts').flatMap((file) => {
    const text = readFileSync(file, 'utf8');
    return [...text.matchAll(/^ *\/\*\*\n[\s\S]*?\*\/$/gm)].flatMap((comment) => {
      const body = comment[0].replace(/^ *\* ?/gm, '');
      return blocksOf(`${file}:${lineOf(text, comment.index)}`, body);
    });
  });
  return [...pages, ...comments];
}
