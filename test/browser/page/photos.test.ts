import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Tensor } from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import type { Page } from 'playwright-core';
import * as hk from 'tanka';
import { loadSafetensors } from 'tanka/checkpoint';
import { useWasm } from 'tanka/wasm';
import { bestGuesses, type Guess } from '../../../examples/pretrained/efficientnet/classes.js';
import { decodePhoto } from '../../../examples/pretrained/efficientnet/decode.js';
import { efficientNetLite0 } from '../../../examples/pretrained/efficientnet/model.js';
import { toImages, type Photo } from '../../../examples/pretrained/efficientnet/photo.js';
import { efficientNetLite0Weights } from '../../../examples/pretrained/efficientnet/weights.js';
import { launch, withPage } from '../support/browser.js';
import { cameraPicture, writeFilm } from '../support/camera.js';
import { expectNothingLeft, watchMemories } from '../support/memory.js';
import { data, dropOn, open, settings, shoot, values } from './site.js';

const cat = 'examples/pretrained/samples/chelsea.png';

/** What Node says of a photo, with the weights of the page. */
function guessesInNode(photo: Photo): Guess[] {
  const checkpoint = loadSafetensors(readFileSync(join(data, 'efficientnet_lite0.safetensors')));
  const { params, state } = efficientNetLite0Weights(checkpoint);
  const images = toImages([photo]);
  const [logits, same] = efficientNetLite0.apply(params, state, images, false);
  const [guesses] = bestGuesses(logits, 5);
  hk.tree.dispose([checkpoint, params, state, images, logits, same as unknown as Tensor]);
  return guesses;
}

const names = (page: Page): Promise<string[]> => page.locator('#classes .name').allInnerTexts();

describe('the page: a photo', () => {
  const { plain, isolated } = settings();
  before(() => useWasm());

  for (const setting of [plain, isolated]) {
    it(`is named from a file, as Node does, ${setting.title}`, () =>
      withPage(setting.url(), async ({ page }) => {
        await open(page, 'Name a photo');
        await page.locator('#file').setInputFiles(cat);
        await page.locator('#photo-class').getByText('Egyptian cat').waitFor();
        const guesses = guessesInNode(decodePhoto(readFileSync(cat)));
        expect(await names(page)).to.deep.equal(guesses.map(({ name }) => name.split(',')[0]));
        const shown = await values(page, '#classes');
        guesses.forEach(({ probability }, i) =>
          expect(shown[i], `class ${i}`).to.be.closeTo(probability, 2e-3),
        );
        expect(await page.locator('#photo-time').innerText()).to.match(/^\d+(\.\d+)? ms$/);
        if (setting === plain) await shoot(page, 'photos');
      }));
  }

  it('is named when it is dropped; another file is refused in words', () =>
    withPage(plain.url(), async ({ page }) => {
      await open(page, 'Name a photo');
      await dropOn(page, '#drop', readFileSync(cat));
      await page.locator('#photo-class').getByText('Egyptian cat').waitFor();
      await dropOn(page, '#drop', Buffer.from('no photo at all'));
      const problem = page.locator('#photo-problem');
      await problem.getByText('cannot read that file as a photo').waitFor();
      await shoot(page, 'photos-refused');
      await page.getByRole('button', { name: 'Coffee' }).click();
      await page.locator('#photo-class').getByText('espresso').waitFor();
      expect(await problem.isVisible()).to.equal(false);
    }));

  it('comes from the camera, its class as Node has it of the same picture', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tanka-camera-'));
    const picture = cameraPicture(decodePhoto(readFileSync(cat)));
    const film = join(folder, 'cat.y4m');
    writeFilm(film, picture);
    const browser = await launch(
      '--use-fake-ui-for-media-stream',
      '--use-fake-device-for-media-stream',
      `--use-file-for-fake-video-capture=${film}`,
    );
    try {
      await withPage(
        plain.url(),
        async ({ page }) => {
          await open(page, 'Name a photo');
          expect(await page.locator('#photo-class').innerText()).to.equal('espresso');
          await page.getByRole('button', { name: 'Use camera' }).click();
          await page.locator('#photo-class').getByText('cat').waitFor({ timeout: 20_000 });
          const guesses = guessesInNode(picture);
          expect(guesses[0].name).to.include('cat');
          expect((await names(page))[0]).to.equal(guesses[0].name.split(',')[0]);
          const shown = await values(page, '#classes');
          // Frames are compressed in colour, and the browser scales them in its own way.
          expect(shown[0]).to.be.closeTo(guesses[0].probability, 0.1);
          await shoot(page, 'photos-camera');

          await page.getByRole('button', { name: 'Stop camera' }).click();
          expect(await page.getByRole('button', { name: 'Use camera' }).isVisible()).to.equal(true);
          const live = await page
            .locator('#video')
            .evaluate((video) =>
              ((video as HTMLVideoElement).srcObject as MediaStream)
                .getTracks()
                .map((track) => track.readyState),
            );
          expect(live).to.deep.equal(['ended']);
        },
        { inBrowser: browser, permissions: ['camera'] },
      );
    } finally {
      await browser.close();
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('says so where there is no camera', () =>
    withPage(plain.url(), async ({ page }) => {
      await open(page, 'Name a photo');
      await page.getByRole('button', { name: 'Use camera' }).click();
      await page.locator('#photo-problem').getByText('There is no camera to use').waitFor();
      expect(await page.getByRole('button', { name: 'Use camera' }).isVisible()).to.equal(true);
    }));

  it('waits for its weights: their progress is shown, and a failure, after which its tab tries again', () =>
    withPage(
      plain.url(),
      async ({ page, context }) => {
        const weights = /efficientnet_lite0-.*\.safetensors$/;
        await context.route(weights, (route) => route.fulfill({ status: 503, body: 'not now' }));
        await page.getByRole('tab', { name: 'Name a photo' }).click();
        await page.getByRole('alert').getByText('503').waitFor();
        expect(await page.locator('#photos-progress').isVisible()).to.equal(false);
        await shoot(page, 'photos-no-weights');
        await context.unroute(weights);
        await page.getByRole('tab', { name: 'Name a photo' }).click();
        await page
          .locator('#photos-progress-text')
          .getByText(/^\d\.\d of 9\.4 MB$/)
          .waitFor();
        await page.locator('#photos[data-ready=true]').waitFor();
        expect(await page.locator('#photos-progress').isVisible()).to.equal(false);
        expect(await page.locator('#problem').isVisible()).to.equal(false);
        await page.locator('#photo-class').getByText('espresso').waitFor();
      },
      { serviceWorkers: 'block', expected: /503|Service Worker registration blocked/ },
    ));

  it('leaves nothing behind after 500 inferences', () =>
    withPage(
      plain.url(),
      async ({ page }) => {
        await open(page, 'Name a photo');
        const what = { demonstration: '#photos', button: '[data-sample="coffee.jpg"]', time: '#photo-time' };
        await expectNothingLeft(page, what, 20);
      },
      { script: watchMemories },
    )).timeout(600_000);
});
