import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { tensor4d, type Tensor } from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import type { BrowserContextOptions, Page } from 'playwright-core';
import * as hk from 'tanka';
import { loadSafetensors } from 'tanka/checkpoint';
import { useWasm } from 'tanka/wasm';
import { bestGuesses } from '../../../examples/pretrained/efficientnet/classes.js';
import { decodePhoto } from '../../../examples/pretrained/efficientnet/decode.js';
import { efficientNetLite0 } from '../../../examples/pretrained/efficientnet/model.js';
import { toImages } from '../../../examples/pretrained/efficientnet/photo.js';
import { efficientNetLite0Weights } from '../../../examples/pretrained/efficientnet/weights.js';
import { transformed } from '../../../examples/start/network.js';
import { withPage } from '../support/browser.js';
import { serveFolder, type StaticServer } from '../support/server.js';

const dist = 'examples/web/dist';
const data = join(dist, 'data');
const screenshots = 'build/screenshots';
const phone: BrowserContextOptions = {
  viewport: { width: 390, height: 844 },
  hasTouch: true,
  colorScheme: 'dark',
};

/** Probabilities of page and Node may differ by this: the page has the relaxed instructions. */
const PROBABILITY = 2e-4;

describe('the page of examples/web, built and minified', () => {
  const servers: Partial<Record<'plain' | 'isolated', StaticServer>> = {};
  let url: string;

  before(async function () {
    this.timeout(300_000);
    const run = promisify(execFile);
    await useWasm();
    await run(process.execPath, ['--import', 'tsx', 'examples/web/prepare.ts']);
    // Vite's development server, which other tests start, leaves NODE_ENV=development behind: a build without a service worker.
    const env = { ...process.env, NODE_ENV: 'production' };
    await run('node_modules/.bin/vite', ['build', 'examples/web', '--logLevel', 'error'], { env });
    servers.plain = await serveFolder(dist);
    servers.isolated = await serveFolder(dist, { isolated: true });
    url = servers.plain.url;
    mkdirSync(screenshots, { recursive: true });
  });

  after(async () => {
    for (const server of Object.values(servers)) await server.close();
  });

  async function open(page: Page, demonstration: string): Promise<void> {
    await page.getByRole('tab', { name: demonstration }).click();
    await page.locator('[role=tabpanel]:not([hidden])[data-ready=true]').waitFor({ timeout: 120_000 });
  }

  const shoot = (page: Page, name: string) =>
    page.screenshot({ path: join(screenshots, `${name}.png`), fullPage: true });

  /** Draws a polyline on the pad; points in [0, 1]. */
  async function draw(page: Page, points: readonly (readonly [number, number])[]): Promise<void> {
    const box = await page.locator('#pad').boundingBox();
    if (box === null) throw new Error('no pad');
    const at = ([x, y]: readonly [number, number]) =>
      [box.x + x * box.width, box.y + y * box.height] as const;
    await page.mouse.move(...at(points[0]));
    await page.mouse.down();
    for (const point of points.slice(1)) await page.mouse.move(...at(point), { steps: 6 });
    await page.mouse.up();
    await page.waitForTimeout(100);
  }

  const seven = [
    [0.25, 0.2],
    [0.75, 0.2],
    [0.45, 0.85],
  ] as const;
  const one = [
    [0.5, 0.15],
    [0.5, 0.85],
  ] as const;

  const values = (page: Page, list: string): Promise<number[]> =>
    page
      .locator(`${list} li`)
      .evaluateAll((lines) => lines.map((line) => Number((line as HTMLElement).dataset.value)));

  for (const headers of ['plain', 'isolated'] as const) {
    describe(headers === 'plain' ? 'without headers' : 'with COOP and COEP, two threads asked for', () => {
      const address = (): string => `${servers[headers]?.url}${headers === 'isolated' ? '?threads=2' : ''}`;

      it('tells digits from strokes, as Node does from the same image', () =>
        withPage(address(), async ({ page }) => {
          await open(page, 'Draw a digit');
          expect(await page.locator('#features').innerText()).to.contain('SIMD');
          await draw(page, seven);
          expect(await page.locator('#digit').innerText()).to.equal('7');
          const before = await page
            .locator('#maps')
            .evaluate((canvas) => (canvas as HTMLCanvasElement).toDataURL());
          const shown = await values(page, '#probabilities');
          const seen = await page.locator('#seen').evaluate((canvas) => {
            const context = (canvas as HTMLCanvasElement).getContext('2d') as CanvasRenderingContext2D;
            return [...context.getImageData(0, 0, 28, 28).data].filter((_, i) => i % 4 === 0);
          });
          const params = loadSafetensors(readFileSync(join(data, 'mnist.safetensors')));
          const image = tensor4d(
            seen.map((value) => value / 255),
            [1, 28, 28, 1],
          );
          const expected = transformed.apply(params, null, image, false);
          expected
            .dataSync()
            .forEach((value, i) => expect(shown[i], `digit ${i}`).to.be.closeTo(value, PROBABILITY));
          hk.tree.dispose([params, image, expected]);
          if (headers === 'plain') await shoot(page, 'digits');

          await page.getByRole('button', { name: 'Clear' }).click();
          await page.waitForTimeout(100);
          expect(await page.locator('#digit').innerText()).to.equal('…');
          await draw(page, one);
          expect(await page.locator('#digit').innerText()).to.equal('1');
          const after = await page
            .locator('#maps')
            .evaluate((canvas) => (canvas as HTMLCanvasElement).toDataURL());
          expect(after).not.to.equal(before);
          expect(await page.locator('#digit-time').innerText()).to.match(/^\d+(\.\d+)? ms$/);
        }));

      it('names an uploaded photo, as Node does', () =>
        withPage(address(), async ({ page }) => {
          await open(page, 'Name a photo');
          await page.locator('#file').setInputFiles('examples/pretrained/samples/chelsea.png');
          await page.locator('#classes').getByText('Egyptian cat').waitFor();
          const shown = await values(page, '#classes');
          const checkpoint = loadSafetensors(readFileSync(join(data, 'efficientnet_lite0.safetensors')));
          const { params, state } = efficientNetLite0Weights(checkpoint);
          const images = toImages([decodePhoto(readFileSync('examples/pretrained/samples/chelsea.png'))]);
          const [logits, same] = efficientNetLite0.apply(params, state, images, false);
          const [guesses] = bestGuesses(logits, 5);
          hk.tree.dispose([checkpoint, params, state, images, logits, same as unknown as Tensor]);
          expect(await page.locator('#classes .name').first().innerText()).to.equal(
            guesses[0].name.split(',')[0],
          );
          guesses.forEach(({ probability }, i) =>
            expect(shown[i], `class ${i}`).to.be.closeTo(probability, 2e-3),
          );
          if (headers === 'plain') await shoot(page, 'photos');
        }));

      it('trains in a Worker: the loss falls, pauses, goes on, and the checkpoint loads in Node', () =>
        withPage(address(), async ({ page }) => {
          await open(page, 'Train a network');
          await page.getByRole('button', { name: 'Start' }).click();
          const step = async (): Promise<number> => Number(await page.locator('#step').innerText());
          const reach = (steps: number) =>
            page.waitForFunction(
              (least) => Number(document.getElementById('step')?.textContent) >= least,
              steps,
              { timeout: 90_000 },
            );
          await reach(10);
          const first = Number(await page.locator('#loss').innerText());
          await reach(200);
          const later = Number(await page.locator('#loss').innerText());
          expect(later).to.be.lessThan(first / 2);
          if (headers === 'plain') await shoot(page, 'training');

          await page.getByRole('button', { name: 'Pause' }).click();
          await page.waitForTimeout(500);
          const paused = await step();
          await page.waitForTimeout(500);
          expect(await step()).to.equal(paused);
          expect(await page.locator('#accuracy').innerText()).to.match(/^[89]\d\.\d %$/);

          const downloading = page.waitForEvent('download');
          await page.getByRole('button', { name: 'Download the checkpoint' }).click();
          const download = await downloading;
          expect(download.suggestedFilename()).to.equal('mnist.safetensors');
          const params = loadSafetensors(readFileSync(await download.path()));
          expect(Object.keys(params).sort()).to.deep.equal(['conv2_d', 'conv2_d_1', 'linear', 'linear_1']);
          hk.tree.dispose(params);

          await page.getByRole('button', { name: 'Go on' }).click();
          await reach(paused + 10);
          await page.getByRole('button', { name: 'Begin again' }).click();
          await page.getByRole('button', { name: 'Start' }).waitFor();
          expect(await step()).to.equal(0);
        }));
    });
  }

  it('loads less than 400 kB before the first digit, weights apart', () =>
    withPage(
      url,
      async ({ page }) => {
        // What the server saw, compressed as servers do.
        const loaded: string[] = [];
        page.on('response', (response) => loaded.push(new URL(response.url()).pathname));
        await page.reload();
        await page.locator('#digits[data-ready=true]').waitFor();
        const files = [...new Set(loaded)].filter(
          (path) => !path.startsWith('/data/') && !path.endsWith('sw.js'),
        );
        const sizes = files.map(
          (path) => gzipSync(readFileSync(join(dist, path.endsWith('/') ? 'index.html' : path))).length,
        );
        expect(files.some((path) => path.endsWith('.wasm'))).to.equal(true);
        const total = sizes.reduce((a, b) => a + b) / 1000;
        const ready = await page.locator('#ready-time').innerText();
        console.log(`        first load ${total.toFixed(0)} kB gzipped. ${ready}`);
        expect(total).to.be.lessThan(400);
      },
      { serviceWorkers: 'block', expected: /Service Worker registration blocked/ },
    ));

  it('does not grow over 500 inferences', () =>
    withPage(url, async ({ page, context }) => {
      await open(page, 'Draw a digit');
      const session = await context.newCDPSession(page);
      const look = async (times: number): Promise<{ tensors: string | undefined; heap: number }> => {
        await page.evaluate(async (count) => {
          for (let i = 0; i < count; i++) {
            document.getElementById('sample')?.click();
            await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
          }
        }, times);
        await session.send('HeapProfiler.collectGarbage');
        const { usedSize } = (await session.send('Runtime.getHeapUsage')) as { usedSize: number };
        return {
          tensors: (await page.locator('#digits').getAttribute('data-tensors')) ?? undefined,
          heap: usedSize,
        };
      };
      const before = await look(60);
      const after = await look(500);
      expect(after.tensors).to.equal(before.tensors);
      expect((after.heap - before.heap) / 1e6, 'MB').to.be.lessThan(1);
    }));

  it('is operated by keyboard alone', () =>
    withPage(url, async ({ page }) => {
      await open(page, 'Draw a digit');
      await page.locator('#pad').focus();
      for (let i = 0; i < 9; i++) await page.keyboard.press('ArrowUp');
      await page.keyboard.down(' ');
      for (let i = 0; i < 18; i++) await page.keyboard.press('ArrowDown');
      await page.keyboard.up(' ');
      await page.waitForTimeout(200);
      expect(await page.locator('#digit').innerText()).to.equal('1');
      await page.locator('#tab-digits').focus();
      await page.keyboard.press('ArrowRight');
      expect(await page.locator('#tab-photos').getAttribute('aria-selected')).to.equal('true');
      await page.locator('#photos').waitFor();
      await page.keyboard.press('ArrowLeft');
      expect(await page.locator('#digits').isVisible()).to.equal(true);
    }));

  /** What a page knows of its service worker. */
  const workerState = (page: Page): Promise<string> =>
    page.evaluate(async () => {
      const registration = await navigator.serviceWorker.getRegistration();
      return registration?.active?.state ?? registration?.installing?.state ?? 'not registered';
    });

  it('works offline after a visit', async () => {
    // A server of its own, which goes away: emulated disconnection does not reach service workers dependably.
    const server = await serveFolder(dist);
    await withPage(server.url, async ({ page }) => {
      await open(page, 'Draw a digit');
      await open(page, 'Name a photo');
      let state = '';
      for (let i = 0; i < 600 && state !== 'activated'; i++) {
        await page.waitForTimeout(100);
        state = await workerState(page);
      }
      expect(state).to.equal('activated');
      await server.close();
      await page.reload();
      await open(page, 'Draw a digit');
      await draw(page, seven);
      expect(await page.locator('#digit').innerText()).to.equal('7');
      await open(page, 'Name a photo');
      expect(await page.locator('#classes .name').first().innerText()).to.equal('espresso');
    });
  });

  it('watches the camera', () =>
    withPage(
      url,
      async ({ page }) => {
        await open(page, 'Name a photo');
        await page.getByRole('button', { name: 'Use the camera' }).click();
        await page.getByRole('button', { name: 'Stop the camera' }).click({ timeout: 20_000 });
        expect(await page.getByRole('button', { name: 'Use the camera' }).isVisible()).to.equal(true);
      },
      { permissions: ['camera'] },
    ));

  it('fits a phone and the dark', () =>
    withPage(
      url,
      async ({ page }) => {
        for (const name of ['Draw a digit', 'Name a photo', 'Train a network']) {
          await open(page, name);
          if (name === 'Draw a digit')
            await page.getByRole('button', { name: 'Take one from MNIST' }).click();
          await page.waitForTimeout(200);
          const width = await page.evaluate(() => document.documentElement.scrollWidth);
          expect(width, name).to.be.at.most(390);
          await shoot(page, `phone-dark-${name.split(' ').at(-1)}`);
        }
      },
      phone,
    ));
});
