import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import type { Page } from 'playwright-core';
import { withPage } from '../support/browser.js';
import { documentedHeaders } from '../support/documented.js';
import { serveFolder } from '../support/server.js';
import { dist, draw, dropOn, open, settings, shoot, strokes } from './site.js';

/** Without the service worker, which would stand between the page and the routes of a test. */
const routed = { serviceWorkers: 'block' } as const;
const blocked = /Service Worker registration blocked/;

const again = (page: Page) => page.getByRole('button', { name: 'Try again' });

describe('the page where something fails', () => {
  const { plain } = settings();

  for (const [what, answer] of [
    ['truncated', (whole: Buffer) => ({ body: whole.subarray(0, 100_000) })],
    [
      'another page, as servers send in the place of missing files',
      () => ({ contentType: 'text/html', body: '<!doctype html><title>home</title>' }),
    ],
    ['an error', () => ({ status: 500, body: 'no' })],
  ] as const) {
    it(`says that the weights are ${what}, does not keep them, and tries again`, () =>
      withPage(
        'about:blank',
        async ({ page, context }) => {
          const weights = /mnist-.*\.safetensors$/;
          await context.route(weights, async (route) => {
            const whole = await (await route.fetch()).body();
            await route.fulfill(answer(whole));
          });
          await page.goto(plain.url());
          await page
            .getByRole('alert')
            .getByText(/mnist\.safetensors (arrived damaged|did not arrive: 500)/)
            .waitFor();
          if (what === 'truncated') await shoot(page, 'digits-damaged');
          await context.unroute(weights);
          await again(page).click();
          await page.locator('#digits[data-ready=true]').waitFor();
          expect(await page.getByRole('alert').count()).to.equal(0);
        },
        { ...routed, expected: /500|arrived damaged|did not arrive|Service Worker registration blocked/ },
      ));
  }

  it('says that the network is gone', () =>
    withPage(
      plain.url(),
      async ({ page, context }) => {
        await open(page, 'Draw a digit');
        await context.route(/efficientnet/, (route) => route.abort());
        await page.getByRole('tab', { name: 'Name a photo' }).click();
        await page.getByRole('alert').getByText('Is the network there?').waitFor();
        await context.unroute(/efficientnet/);
        await again(page).click();
        await page.locator('#photos[data-ready=true]').waitFor();
      },
      { ...routed, expected: /ERR_FAILED|did not arrive|Service Worker registration blocked/ },
    ));

  it('works where nothing may be kept', () =>
    withPage(
      plain.url(),
      async ({ page }) => {
        await open(page, 'Draw a digit');
        await draw(page, strokes.seven);
        expect(await page.locator('#digit').innerText()).to.equal('7');
        await open(page, 'Name a photo');
        await open(page, 'Train a network');
      },
      {
        ...routed,
        script: `
          CacheStorage.prototype.open = () => Promise.reject(new DOMException('denied', 'SecurityError'));
          Object.defineProperty(globalThis, 'indexedDB', { value: undefined });`,
        expected: blocked,
      },
    ));

  it('works without SIMD, with the kernels of TensorFlow.js', () =>
    withPage(
      plain.url(),
      async ({ page }) => {
        await open(page, 'Draw a digit');
        expect(await page.locator('#features').innerText()).to.match(/^no SIMD/);
        await draw(page, strokes.seven);
        expect(await page.locator('#digit').innerText()).to.equal('7');
        await open(page, 'Name a photo');
        expect(await page.locator('#photo-class').innerText()).to.equal('espresso');
      },
      { script: 'WebAssembly.validate = () => false;' },
    ));

  it('says that WASM may not be compiled, under a content security policy without its word', async () => {
    const [name, policy] = Object.entries(documentedHeaders('Content security policy'))[0];
    const headers = { [name]: policy.replace(" 'wasm-unsafe-eval'", '') };
    const server = await serveFolder(dist, { headers });
    try {
      await withPage(
        server.url,
        async ({ page }) => {
          await page.getByRole('alert').getByText("Add 'wasm-unsafe-eval'").waitFor();
          expect(await page.locator('#features li').count()).to.equal(0);
          await again(page).click();
          await page.waitForEvent('load');
          await page.getByRole('alert').getByText("Add 'wasm-unsafe-eval'").waitFor();
        },
        { expected: /Content Security Policy|ArrayBuffer instantiation|wasm/i },
      );
    } finally {
      await server.close();
    }
  });

  it('takes a photo that is dropped beside the place for it, of any shape', () =>
    withPage(plain.url(), async ({ page }) => {
      await open(page, 'Name a photo');
      await dropOn(page, 'h1', readFileSync('examples/pretrained/samples/chelsea.png'));
      await page.locator('#photo-class').getByText('Egyptian cat').waitFor();
      const image = async (width: number, height: number): Promise<Buffer> =>
        Buffer.from(
          await page.evaluate(
            async ([w, h]) => {
              const canvas = new OffscreenCanvas(w, h);
              canvas.getContext('2d')?.fillRect(0, 0, w, h);
              const blob = await canvas.convertToBlob();
              const url = await new Promise<string>((resolve) => {
                const reader = new FileReader();
                reader.onload = () => resolve(reader.result as string);
                reader.readAsDataURL(blob);
              });
              return url.slice(url.indexOf(',') + 1);
            },
            [width, height] as const,
          ),
          'base64',
        );
      for (const [width, height] of [
        [1, 1],
        [3, 20_000],
        [32_000, 500],
        [8000, 6000],
      ]) {
        await page.locator('#photo-class').evaluate((output) => (output.textContent = ''));
        await dropOn(page, '#drop', await image(width, height));
        await page.waitForFunction(() => document.getElementById('photo-class')?.textContent !== '');
        expect(await page.locator('#photo-problem').isVisible(), `${width} x ${height}`).to.equal(false);
      }
    }));

  it('says how to allow the camera, and turns it off where nobody looks', () =>
    withPage(
      plain.url(),
      async ({ page }) => {
        await open(page, 'Name a photo');
        const button = page.locator('#camera');
        await button.click();
        await page.locator('#photo-problem').getByText('Allow it beside the address').waitFor();
        await page.evaluate(() => {
          const painted = document.createElement('canvas');
          // Its stream has a picture whenever it is painted.
          setInterval(() => painted.getContext('2d')?.fillRect(0, 0, 9, 9), 20);
          navigator.mediaDevices.getUserMedia = () => Promise.resolve(painted.captureStream(30));
        });
        await button.click();
        await page.getByRole('button', { name: 'Stop camera' }).waitFor();
        expect(await page.locator('#photo-problem').isVisible()).to.equal(false);
        await open(page, 'Draw a digit');
        await page.waitForFunction(() => document.getElementById('camera')?.textContent === 'Use camera');
      },
      {
        script:
          "navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('denied', 'NotAllowedError'));",
      },
    ));

  it('trains on in one tab while another is loaded again', () =>
    withPage(plain.url(), async ({ page, context }) => {
      const other = await context.newPage();
      await other.goto(plain.url());
      for (const tab of [page, other]) {
        await open(tab, 'Train a network');
        await tab.getByRole('button', { name: 'Start' }).click();
        await tab.waitForFunction(() => Number(document.getElementById('step')?.textContent) >= 20);
      }
      await other.reload();
      await other.locator('#training[data-ready=true]').waitFor();
      expect(await other.locator('#step').innerText()).to.equal('0');
      const before = Number(await page.locator('#step').innerText());
      await page.waitForFunction(
        (step) => Number(document.getElementById('step')?.textContent) > step,
        before,
      );
    }));
});
