import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { tensor4d } from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import type { Page } from 'playwright-core';
import * as hk from 'tanka';
import { loadSafetensors } from 'tanka/checkpoint';
import { useWasm } from 'tanka/wasm';
import { transformed } from '../../../examples/start/network.js';
import { withPage } from '../support/browser.js';
import { expectNothingLeft, watchMemories } from '../support/memory.js';
import { data, draw, open, settings, shoot, strokes, values } from './site.js';

/** Probabilities of page and Node may differ by this: the page has the relaxed instructions. */
const PROBABILITY = 2e-4;

const answer = (page: Page): Promise<string> => page.locator('#digit').innerText();
const featureMaps = (page: Page): Promise<string> =>
  page.locator('#maps').evaluate((canvas) => (canvas as HTMLCanvasElement).toDataURL());

describe('the page: a drawn digit', () => {
  const { plain, isolated } = settings();
  before(() => useWasm());

  for (const setting of [plain, isolated]) {
    it(`is told from strokes, as Node does from the same image, ${setting.title}`, () =>
      withPage(setting.url(), async ({ page }) => {
        await open(page, 'Draw a digit');
        expect(await page.locator('#features').innerText()).to.contain('SIMD');
        await draw(page, strokes.seven);
        expect(await answer(page)).to.equal('7');
        const before = await featureMaps(page);
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
        if (setting === plain) await shoot(page, 'digits');

        await page.getByRole('button', { name: 'Clear' }).click();
        await page.waitForTimeout(100);
        expect(await answer(page)).to.equal('…');
        await draw(page, strokes.one);
        expect(await answer(page)).to.equal('1');
        expect(await featureMaps(page)).not.to.equal(before);
        expect(await page.locator('#digit-time').innerText()).to.match(/^\d+(\.\d+)? ms$/);
      }));
  }

  for (const reducedMotion of ['no-preference', 'reduce'] as const) {
    it(`is drawn by the page itself until a hand comes, motion: ${reducedMotion}`, () =>
      withPage(
        plain.url(),
        async ({ page }) => {
          await open(page, 'Draw a digit');
          await page.locator('#digit').getByText('3').waitFor();
          await draw(page, strokes.one);
          // A three beneath would make another digit of it.
          expect(await answer(page)).to.equal('1');
          await page.waitForTimeout(300);
          expect(await answer(page)).to.equal('1');
        },
        { reducedMotion },
      ));
  }

  it('is watched while it is drawn: pad, answer and maps fit on a screen, pad and answer on a phone', async () => {
    for (const [size, parts] of [
      [{ width: 1280, height: 800 }, ['#pad', '#probabilities', '#maps']],
      [{ width: 390, height: 844 }, ['#pad', '#probabilities']],
    ] as const) {
      await withPage(
        plain.url(),
        async ({ page }) => {
          await open(page, 'Draw a digit');
          await page.locator('#digit').getByText('3').waitFor();
          for (const part of parts) {
            const box = await page.locator(part).boundingBox();
            expect((box?.y ?? NaN) + (box?.height ?? NaN), part).to.be.at.most(size.height);
          }
        },
        { viewport: size },
      );
    }
  });

  it('is drawn by keyboard alone', () =>
    withPage(plain.url(), async ({ page }) => {
      await open(page, 'Draw a digit');
      await page.locator('#tab-digits').focus();
      // The panel, then the pad.
      for (let i = 0; i < 2; i++) await page.keyboard.press('Tab');
      expect(await page.evaluate(() => document.activeElement?.id)).to.equal('pad');
      for (let i = 0; i < 9; i++) await page.keyboard.press('ArrowUp');
      await page.keyboard.down(' ');
      for (let i = 0; i < 18; i++) await page.keyboard.press('ArrowDown');
      await page.keyboard.up(' ');
      await page.waitForTimeout(200);
      expect(await answer(page)).to.equal('1');
      const pen = await page.locator('.pen').boundingBox();
      const pad = await page.locator('#pad').boundingBox();
      if (pen === null || pad === null) throw new Error('no pen');
      expect((pen.x + pen.width / 2 - pad.x) / pad.width).to.be.closeTo(0.5, 0.02);
      expect((pen.y + pen.height / 2 - pad.y) / pad.height).to.be.closeTo(0.757, 0.02);
      await shoot(page, 'digits-by-keyboard');
      await page.keyboard.press('Tab');
      await page.keyboard.press('Enter');
      await page.waitForTimeout(100);
      expect(await answer(page)).to.equal('…');
      await page.keyboard.press('Tab');
      await page.keyboard.press('Enter');
      await page.locator('#digit').getByText('7').waitFor();
    }));

  it('leaves nothing behind after 500 inferences', () =>
    withPage(
      plain.url(),
      async ({ page }) => {
        await open(page, 'Draw a digit');
        const what = { demonstration: '#digits', button: '#sample', time: '#digit-time' };
        await expectNothingLeft(page, what, 60);
      },
      { script: watchMemories },
    ));
});
