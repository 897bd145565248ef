import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect } from 'chai';
import { buildWithVite } from '../delivery/builds.js';
import { program } from '../delivery/app/program.js';
import { expectOutcomes, type Outcomes } from '../delivery/outcomes.js';
import { buildPage, settings, strokes } from '../page/site.js';
import { documentedFile } from '../support/documented.js';
import { launchFirefox, type Firefox, type Tab } from '../support/firefox.js';
import { makeProject } from '../support/installed.js';
import { serveFolder } from '../support/server.js';
import { folder, layOutTests, type UnitTests } from '../unit/lay-out.js';
import type { Outcome } from '../worker/app/page.js';

/** So many that two threads are half of them. */
const processors = 'Object.defineProperty(navigator, "hardwareConcurrency", { value: 4 })';

const textIs = (id: string, text: string): string =>
  `document.getElementById('${id}').textContent.includes('${text}')`;
const click = (tab: Tab, id: string): Promise<null> =>
  tab.evaluate(`document.getElementById('${id}').click()`);

describe('Firefox', () => {
  let firefox: Firefox;

  before(async () => {
    firefox = await launchFirefox();
  });
  after(() => firefox.close());

  it('passes the unit tests of the library', async () => {
    await layOutTests();
    const server = await serveFolder('.');
    try {
      const { passed, failures } = await firefox.withTab(`${server.url}${folder}/`, (tab) =>
        tab.until<UnitTests>('globalThis.result', 1_700_000),
      );
      expect(failures).to.deep.equal([]);
      expect(passed).to.be.greaterThan(5000);
    } finally {
      await server.close();
    }
  }).timeout(1_800_000);

  describe('shows the page', () => {
    const { plain, isolated } = settings();
    before(buildPage);

    for (const setting of [plain, isolated]) {
      it(`whose demonstrations work, ${setting.title}`, async () => {
        const before = firefox.complaints.length;
        await firefox.withTab(
          setting.url(),
          async (tab) => {
            const ready = (id: string) => tab.until(`document.getElementById('${id}').dataset.ready`);
            await ready('digits');
            const features = await tab.evaluate('document.getElementById("features").textContent');
            expect(features).to.contain(setting.isolated ? '2 threads' : '1 thread');
            await tab.drag('#pad', strokes.seven);
            await tab.until(textIs('digit', '7'));
            await click(tab, 'tab-photos');
            await ready('photos');
            await tab.until(textIs('photo-class', 'espresso'));
            await tab.upload('#file', resolve('examples/pretrained/samples/chelsea.png'));
            await tab.until(textIs('photo-class', 'Egyptian cat'));
            await click(tab, 'tab-training');
            await ready('training');
            await click(tab, 'train');
            await tab.until("Number(document.getElementById('step').textContent) >= 200", 90_000);
            await click(tab, 'train');
            const loss = await tab.evaluate<string>('document.getElementById("loss").textContent');
            expect(Number(loss)).to.be.within(0.01, 0.7);
          },
          processors,
        );
        expect(firefox.complaints.slice(before)).to.deep.equal([]);
      });
    }
  });

  for (const isolated of [false, true]) {
    const asked = isolated ? 'with COOP and COEP, threads asked for' : 'without headers';
    it(`computes in page and worker what Node computes, built by Vite, ${asked}`, async () => {
      const project = makeProject('test/browser/delivery/app');
      try {
        const server = await serveFolder(await buildWithVite(project.folder), { isolated });
        const outcomes = await firefox.withTab(
          `${server.url}?threads=${isolated ? 2 : 1}`,
          (tab) => tab.until<Outcomes>('window.result'),
          processors,
        );
        await server.close();
        expectOutcomes(outcomes, await program(1), isolated);
        expect(outcomes.page.report.threads).to.equal(isolated ? 2 : 1);
        // Threads that a worker starts block it there.
        expect(outcomes.worker?.report.threads).to.equal(1);
      } finally {
        project.remove();
      }
    });
  }

  it('runs the workers of docs/browser.md', async () => {
    const project = makeProject('test/browser/worker/app');
    try {
      for (const name of ['graph.worker.js', 'pool.js', 'cached-weights.js'])
        writeFileSync(join(project.folder, name), documentedFile(name));
      const server = await serveFolder(await buildWithVite(project.folder));
      const { graph, moving, cancellation, dying } = await firefox.withTab(server.url, (tab) =>
        tab.until<Outcome>('window.result'),
      );
      await server.close();
      expect(graph.there).to.deep.equal(graph.here);
      expect(graph.kept).to.equal(0);
      expect(moving).to.deep.equal({ left: 0, reversed: [3, 2, 1], values: [1, 2, 3] });
      expect(cancellation.counts).to.deep.equal({ begun: 2, aborted: 1 });
      expect(dying[0]).to.include({ code: 'worker-failed' });
    } finally {
      project.remove();
    }
  });
});
