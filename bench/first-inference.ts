/**
 * Time to the first inference of `examples/web` in a Chromium that has never seen the page: each sample is a new process with a new profile, from the
 * request for the page until its first result is shown, weights loaded from a server on this machine.
 * `npm run build && node --import tsx bench/first-inference.ts`
 */
import { buildPage, dist } from '../test/browser/page/site.js';
import { launch } from '../test/browser/support/browser.js';
import { findChromium, howToInstall } from '../test/browser/support/chromium.js';
import { serveFolder } from '../test/browser/support/server.js';

const PROFILES = 9;

/** Milliseconds, as the page itself tells them. */
async function sample(url: string, id: string): Promise<number> {
  const browser = await launch();
  try {
    const page = await browser.newPage();
    await page.goto(`${url}#/${id}`);
    const ready = page.locator('#ready-time').getByText('Ready');
    await ready.waitFor();
    const [, ms] = /Ready (\d+) ms/.exec(await ready.innerText()) ?? [];
    return Number(ms);
  } finally {
    await browser.close();
  }
}

if (findChromium() === undefined) {
  console.log(`not run, no Chromium found. Install one: ${howToInstall}`);
} else {
  await buildPage();
  const server = await serveFolder(dist);
  const times: Record<string, number[]> = { digits: [], photos: [] };
  for (let i = 0; i < PROFILES; i++)
    for (const id of Object.keys(times)) times[id].push(await sample(server.url, id));
  await server.close();
  for (const [id, all] of Object.entries(times)) {
    const sorted = all.toSorted((a, b) => a - b);
    console.log(
      `${id}: first inference after ${sorted[PROFILES >> 1]} ms (median of ${PROFILES} new profiles; ${sorted[0]} to ${sorted[PROFILES - 1]} ms)`,
    );
  }
}
