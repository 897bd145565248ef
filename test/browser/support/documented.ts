import { readFileSync } from 'node:fs';

/** The first block of code below a heading of `docs/browser.md`, so that tests build what the page shows. */
export function documented(heading: string): string {
  const page = readFileSync('docs/browser.md', 'utf8');
  const section = page.split(/^## /m).find((text) => text.startsWith(`${heading}\n`));
  const block = /^```\w+[^\n]*\n([\s\S]*?)^```$/m.exec(section ?? '')?.[1];
  if (block === undefined) throw new Error(`docs/browser.md has no code below "${heading}".`);
  return block;
}

/** The headers of such a block. */
export function documentedHeaders(heading: string): Record<string, string> {
  const lines = documented(heading).trim().split('\n');
  return Object.fromEntries(lines.map((line) => line.split(/:\s+(.*)/, 2) as [string, string]));
}
