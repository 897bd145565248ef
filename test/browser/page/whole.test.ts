import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { extname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { AxeResults } from 'axe-core';
import { expect } from 'chai';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { withPage } from '../support/browser.js';
import { serveFolder } from '../support/server.js';
import { dist, draw, open, settings, shoot, strokes } from './site.js';

const demonstrations = ['Draw a digit', 'Name a photo', 'Train a network'] as const;
const phone: BrowserContextOptions = { viewport: { width: 390, height: 844 }, hasTouch: true };

/** What a part of the first load is, by its path. */
function partOf(path: string): string {
  const part: Readonly<Record<string, string>> = { '': 'page', '.css': 'style', '.js': 'scripts' };
  if (path.includes('tfjs-backend-wasm')) return "TensorFlow.js' kernels";
  return path.endsWith('.wasm') ? "tanka's kernels" : part[extname(path)];
}

describe('the page as a whole', () => {
  const { plain, isolated } = settings();

  it('loads less than 400 kB before the first digit, weights apart', () =>
    withPage(
      'about:blank',
      async ({ page }) => {
        // What the server saw, compressed as servers do.
        const loaded = new Set<string>();
        page.on('response', (response) => loaded.add(new URL(response.url()).pathname));
        await page.goto(plain.url());
        await page.locator('#digits[data-ready=true]').waitFor();
        const parts: Record<string, number> = {};
        for (const path of loaded) {
          if (path.startsWith('/data/')) continue;
          const file = readFileSync(join(dist, path === '/' ? 'index.html' : path));
          parts[partOf(path)] = (parts[partOf(path)] ?? 0) + gzipSync(file).length / 1000;
        }
        expect(Object.keys(parts).sort()).to.deep.equal([
          "TensorFlow.js' kernels",
          'page',
          'scripts',
          'style',
          "tanka's kernels",
        ]);
        const total = Object.values(parts).reduce((a, b) => a + b);
        const list = Object.entries(parts).map(([name, size]) => `${name} ${size.toFixed(0)}`);
        console.log(`        first load ${total.toFixed(0)} kB gzipped: ${list.join(', ')}`);
        expect(total).to.be.lessThan(400);
      },
      { serviceWorkers: 'block', expected: /Service Worker registration blocked/ },
    ));

  it('offers threads where the page is isolated and processors are left, and starts with them', () =>
    withPage(
      isolated.url().replace('?threads=2', ''),
      async ({ page }) => {
        await open(page, 'Draw a digit');
        expect(await page.locator('#features').innerText()).to.contain('1 thread');
        await page.getByRole('link', { name: 'use 2 threads' }).click();
        await page.locator('#features').getByText('2 threads', { exact: true }).waitFor();
        await open(page, 'Draw a digit');
        await draw(page, strokes.seven);
        expect(await page.locator('#digit').innerText()).to.equal('7');
      },
      { script: 'Object.defineProperty(navigator, "hardwareConcurrency", { value: 4 })' },
    ));

  it('moves between demonstrations by keys, and always shows where the focus is', () =>
    withPage(plain.url(), async ({ page }) => {
      await open(page, 'Draw a digit');
      const chosen = (): Promise<string> => page.locator('[role=tab][aria-selected=true]').innerText();
      await page.locator('#tab-digits').focus();
      for (const [key, name] of [
        ['ArrowLeft', demonstrations[2]],
        ['ArrowRight', demonstrations[0]],
        ['End', demonstrations[2]],
        ['Home', demonstrations[0]],
        ['ArrowRight', demonstrations[1]],
      ] as const) {
        await page.keyboard.press(key);
        expect(await chosen(), key).to.equal(name);
        expect(await page.evaluate(() => document.activeElement?.textContent.trim()), key).to.equal(name);
      }
      for (const name of demonstrations) {
        await open(page, name);
        await page.getByRole('tab', { name }).focus();
        const stops: string[] = [];
        for (;;) {
          await page.keyboard.press('Tab');
          const stop = await page.evaluate(() => {
            const focused = document.activeElement;
            if (focused === null || focused === document.body) return undefined;
            const ring = [focused, focused.closest('.frame, .drop')].some(
              (place) => place !== null && getComputedStyle(place).outlineStyle !== 'none',
            );
            return `${focused.tagName} ${focused.id}${ring ? '' : ' WITHOUT RING'}`;
          });
          if (stop === undefined || stops.includes(stop)) break;
          stops.push(stop);
        }
        expect(
          stops.filter((stop) => stop.includes('WITHOUT')),
          name,
        ).to.deep.equal([]);
        expect(stops.length, stops.join()).to.be.greaterThan(3);
      }
    }));

  const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

  /** What axe finds wrong: rules with the elements that break them. */
  async function violations(page: Page): Promise<string[]> {
    await page.evaluate(axe);
    const { violations: found } = await page.evaluate<AxeResults>('axe.run()');
    return found.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
  }

  for (const colorScheme of ['light', 'dark'] as const) {
    for (const [size, options] of Object.entries({ wide: {}, phone })) {
      it(`is accessible and fits, ${size} and ${colorScheme}`, () =>
        withPage(
          plain.url(),
          async ({ page }) => {
            for (const name of demonstrations) {
              await open(page, name);
              const shot = `${size}-${colorScheme}-${name.split(' ').at(-1)}`;
              expect(await violations(page), name).to.deep.equal([]);
              await shoot(page, `${shot}-empty`);
              if (name === 'Draw a digit') {
                await page.getByRole('button', { name: 'Take one from MNIST' }).click();
                await page.locator('#digit').getByText('7').waitFor();
              } else if (name === 'Train a network') {
                await page.getByRole('button', { name: 'Start' }).click();
                await page.locator('#accuracy').getByText('%').waitFor();
                await page.getByRole('button', { name: 'Pause' }).click();
              }
              await page.waitForTimeout(200);
              expect(await violations(page), `${name}, at work`).to.deep.equal([]);
              await shoot(page, shot);
              const [inner, outer] = await page.evaluate(() => [
                document.documentElement.scrollWidth,
                innerWidth,
              ]);
              expect(inner, name).to.be.at.most(outer);
            }
          },
          { ...options, colorScheme },
        ));
    }
  }

  it('works offline after a visit', async () => {
    // A server of its own, which goes away: emulated disconnection does not reach service workers dependably.
    const server = await serveFolder(dist, { under: '/some/folder/' });
    await withPage(server.url, async ({ page }) => {
      for (const name of demonstrations) await open(page, name);
      let state: string | undefined;
      for (let i = 0; i < 600 && state !== 'activated'; i++) {
        await page.waitForTimeout(100);
        state = await page.evaluate(
          async () => (await navigator.serviceWorker.getRegistration())?.active?.state,
        );
      }
      expect(state).to.equal('activated');
      await server.close();
      await page.reload();
      await open(page, 'Draw a digit');
      await draw(page, strokes.seven);
      expect(await page.locator('#digit').innerText()).to.equal('7');
      await open(page, 'Name a photo');
      expect(await page.locator('#photo-class').innerText()).to.equal('espresso');
      await open(page, 'Train a network');
      await page.getByRole('button', { name: 'Start' }).click();
      await page.waitForFunction(() => Number(document.getElementById('step')?.textContent) >= 10);
      // Each file lies in one cache alone: the weights in the page's, what the page is made of in the service worker's.
      const kept = await page.evaluate(async () => {
        const names = await caches.keys();
        const all = await Promise.all(names.map(async (name) => (await caches.open(name)).keys()));
        return all.flat().map(({ url }) => url);
      });
      expect(kept).to.deep.equal([...new Set(kept)]);
      expect(kept.filter((url) => url.endsWith('.safetensors'))).to.have.length(2);
    });
  });
});
