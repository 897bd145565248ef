import { readFileSync } from 'node:fs';

const page = (): string => readFileSync('docs/browser.md', 'utf8');

/** A block of code below a heading of `docs/browser.md`, by default the first, so that tests build what the page shows. */
export function documented(heading: string, place = 0): string {
  const section = page()
    .split(/^## /m)
    .find((text) => text.startsWith(`${heading}\n`));
  const block = [...(section ?? '').matchAll(/^```\w+[^\n]*\n([\s\S]*?)^```$/gm)][place]?.[1];
  if (block === undefined) throw new Error(`docs/browser.md has no code ${place} below "${heading}".`);
  return block;
}

/** The headers of such a block. */
export function documentedHeaders(heading: string, place = 0): Record<string, string> {
  const lines = documented(heading, place).trim().split('\n');
  return Object.fromEntries(lines.map((line) => line.split(/:\s+(.*)/, 2) as [string, string]));
}

/** A file that the page shows: the block that begins with its name. */
export function documentedFile(name: string): string {
  const block = page()
    .split(/^```\w*[^\n]*\n/m)
    .find((text) => text.startsWith(`// ${name}\n`));
  if (block === undefined) throw new Error(`docs/browser.md shows no file ${name}.`);
  return block;
}
