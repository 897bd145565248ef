import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect } from 'chai';
import type { Page } from 'playwright-core';
import * as hk from 'tanka';
import { loadSafetensors } from 'tanka/checkpoint';
import { trainer, type Digits } from '../../../examples/web/src/training/trainer.js';
import { withPage } from '../support/browser.js';
import { expectNoGrowth, usageOfWorker, watchMemories } from '../support/memory.js';
import { data, open, settings, shoot } from './site.js';

/** Steps between two figures of the page. */
const STEPS = 10;
const COMPARED = 10;

const read = (name: string): Uint8Array => gunzipSync(readFileSync(join(data, `${name}.gzip`)));
const digits = (name: string): Digits => ({ images: read(`${name}-images`), labels: read(`${name}-labels`) });

const step = async (page: Page): Promise<number> => Number(await page.locator('#step').innerText());
const reach = (page: Page, steps: number) =>
  page.waitForFunction((least) => Number(document.getElementById('step')?.textContent) >= least, steps, {
    timeout: 90_000,
  });

/** Pauses, and waits for the steps that are under way. */
async function pause(page: Page): Promise<number> {
  await page.getByRole('button', { name: 'Pause' }).click();
  let [before, now] = [-1, await step(page)];
  while (now !== before) {
    await page.waitForTimeout(300);
    [before, now] = [now, await step(page)];
  }
  return now;
}

describe('the page: training', () => {
  const { plain, isolated } = settings();
  let losses: number[];
  let accuracy: number;

  before(async () => {
    const here = await trainer({ train: digits('train'), test: digits('test') });
    losses = [];
    for (let i = 0; i < COMPARED; i++) {
      const { losses: some } = here.train(STEPS);
      losses.push(some.reduce((a, b) => a + b) / STEPS);
    }
    ({ accuracy } = here.test());
  });

  for (const setting of [plain, isolated]) {
    it(`loses what Node loses, pauses, goes on, and its checkpoint loads in Node, ${setting.title}`, () =>
      withPage(setting.url(), async ({ page }) => {
        await open(page, 'Train a network');
        expect(await page.locator('#worker-features').innerText()).to.contain('relaxed SIMD');
        await page.evaluate(() => {
          const shown = { loss: [] as string[], accuracy: [] as string[] };
          Object.assign(window, { shown });
          for (const id of ['loss', 'accuracy'] as const) {
            const place = document.getElementById(id) as HTMLElement;
            new MutationObserver(() => shown[id].push(place.textContent)).observe(place, { childList: true });
          }
        });
        // It has learnt nothing yet.
        const wrong = () => page.locator('#guesses .wrong').count();
        expect(await page.locator('#guesses li').count()).to.equal(20);
        expect(await wrong()).to.be.greaterThan(10);
        expect(parseFloat(await page.locator('#accuracy').innerText())).to.be.lessThan(30);
        await page.getByRole('button', { name: 'Start' }).click();
        await reach(page, 200);
        expect(await wrong()).to.be.lessThan(8);
        if (setting === plain) await shoot(page, 'training');
        const shown = await page.evaluate(
          () => (window as unknown as { shown: Record<'loss' | 'accuracy', string[]> }).shown,
        );
        // Three places are shown, and the worker multiplies with the relaxed instructions.
        losses.forEach((loss, i) =>
          expect(Number(shown.loss[i]), `loss ${i}`).to.be.closeTo(loss, 1e-3 + 2e-3 * loss),
        );
        expect(Number(shown.loss.at(-1))).to.be.lessThan(losses[0] / 3);
        expect(parseFloat(shown.accuracy[1]) / 100, 'after 100 steps').to.be.closeTo(accuracy, 5e-3);

        const paused = await pause(page);
        const downloading = page.waitForEvent('download');
        await page.getByRole('button', { name: 'Download the checkpoint' }).click();
        const download = await downloading;
        expect(download.suggestedFilename()).to.equal('mnist.safetensors');
        const params = loadSafetensors(readFileSync(await download.path()));
        expect(Object.keys(params).sort()).to.deep.equal(['conv2_d', 'conv2_d_1', 'linear', 'linear_1']);
        hk.tree.dispose(params);

        await page.getByRole('button', { name: 'Go on' }).click();
        await reach(page, paused + STEPS);
        await page.getByRole('button', { name: 'Begin again' }).click();
        await page.getByRole('button', { name: 'Start' }).waitFor();
        expect(await step(page)).to.equal(0);
        // From the same seed it goes the same way.
        await page.getByRole('button', { name: 'Start' }).click();
        await reach(page, STEPS);
        const again = await page.evaluate(
          () => (window as unknown as { shown: { loss: string[] } }).shown.loss,
        );
        expect(again[again.indexOf('–') + 1]).to.equal(shown.loss[0]);
      }));
  }

  it('leaves nothing behind after 500 steps, pauses between', () =>
    withPage('about:blank', async ({ page, context }) => {
      await context.route(/training\.worker-.*\.js$/, async (route) => {
        const response = await route.fetch();
        await route.fulfill({ response, body: watchMemories + (await response.text()) });
      });
      await page.goto(plain.url());
      await open(page, 'Train a network');
      const look = async () => ({
        ...(await usageOfWorker(page)),
        tensors: await page.locator('#training').getAttribute('data-tensors'),
      });
      await page.getByRole('button', { name: 'Start' }).click();
      await reach(page, 60);
      const first = await pause(page);
      const before = await look();
      for (let steps = 100; steps <= 500; steps += 100) {
        await page.getByRole('button', { name: 'Go on' }).click();
        await reach(page, first + steps);
        await pause(page);
      }
      const after = await look();
      expect(after.tensors).to.equal(before.tensors);
      expectNoGrowth(before, after, 'in the worker');
    }));
});
