import { execFile } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Page } from 'playwright-core';
import { serveFolder, type StaticServer } from '../support/server.js';

/** The built page, and what it loads besides code, as `prepare.ts` laid it out. */
export const dist = 'examples/web/dist';
export const data = 'examples/web/data';
const screenshots = 'build/screenshots';

export async function buildPage(): Promise<void> {
  const run = promisify(execFile);
  await run(process.execPath, ['--import', 'tsx', 'examples/web/prepare.ts']);
  // Vite's development server, which other tests start, leaves NODE_ENV=development behind: a build without a service worker.
  const env = { ...process.env, NODE_ENV: 'production' };
  await run('node_modules/.bin/vite', ['build', 'examples/web', '--logLevel', 'error'], { env });
}

/** A way to serve the page. */
export interface Setting {
  readonly title: string;
  readonly isolated: boolean;
  /** Of the page, while the tests of the suite run. */
  url(): string;
}

/** Serves the page for the tests of the suite, in both ways: at the root without headers, and isolated in a folder, with two threads asked for. */
export function settings(): { plain: Setting; isolated: Setting } {
  const servers: StaticServer[] = [];
  before(async () => {
    servers.push(
      await serveFolder(dist),
      await serveFolder(dist, { isolated: true, under: '/some/folder/' }),
    );
  });
  after(async () => {
    for (const server of servers) await server.close();
  });
  return {
    plain: { title: 'without headers', isolated: false, url: () => servers[0].url },
    isolated: {
      title: 'with COOP and COEP, in a folder, two threads asked for',
      isolated: true,
      url: () => `${servers[1].url}?threads=2`,
    },
  };
}

/** Opens a demonstration by its tab, and waits until it can be used. */
export async function open(page: Page, demonstration: string): Promise<void> {
  await page.getByRole('tab', { name: demonstration }).click();
  await page.locator('[role=tabpanel]:not([hidden])[data-ready=true]').waitFor({ timeout: 120_000 });
}

/** A drop of a file somewhere on the page. */
export async function dropOn(page: Page, place: string, bytes: Buffer): Promise<void> {
  const dataTransfer = await page.evaluateHandle((encoded) => {
    const transfer = new DataTransfer();
    const file = Uint8Array.from(atob(encoded), (character) => character.charCodeAt(0));
    transfer.items.add(new File([file], 'dropped'));
    return transfer;
  }, bytes.toString('base64'));
  await page.locator(place).dispatchEvent('drop', { dataTransfer });
}

/** For people to look at. */
export async function shoot(page: Page, name: string): Promise<void> {
  mkdirSync(screenshots, { recursive: true });
  await page.screenshot({ path: join(screenshots, `${name}.png`), fullPage: true });
}

/** The values of a bar chart, as the page computed them. */
export const values = (page: Page, list: string): Promise<number[]> =>
  page
    .locator(`${list} li`)
    .evaluateAll((lines) => lines.map((line) => Number((line as HTMLElement).dataset.value)));

type Points = readonly (readonly [x: number, y: number])[];

/** Strokes, in parts of the pad. */
export const strokes: Readonly<Record<'seven' | 'one', Points>> = {
  seven: [
    [0.25, 0.2],
    [0.75, 0.2],
    [0.45, 0.85],
  ],
  one: [
    [0.5, 0.15],
    [0.5, 0.85],
  ],
};

/** Draws a stroke with the mouse. */
export async function draw(page: Page, points: Points): Promise<void> {
  const box = await page.locator('#pad').boundingBox();
  if (box === null) throw new Error('no pad');
  const at = ([x, y]: Points[number]) => [box.x + x * box.width, box.y + y * box.height] as const;
  await page.mouse.move(...at(points[0]));
  await page.mouse.down();
  for (const point of points.slice(1)) await page.mouse.move(...at(point), { steps: 6 });
  await page.mouse.up();
  await page.waitForTimeout(100);
}
