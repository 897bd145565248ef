import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tensor2d } from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import { saveSafetensors } from 'tanka/checkpoint';
import { useWasm } from 'tanka/wasm';
import { buildWithVite } from '../delivery/builds.js';
import { resultOf, withPage } from '../support/browser.js';
import { documentedFile } from '../support/documented.js';
import { makeProject, type Project } from '../support/installed.js';
import { serveFolder, type StaticServer } from '../support/server.js';
import type { Outcome } from './app/page.js';

describe('tanka/worker in Chromium, built by Vite from the files of docs/browser.md', () => {
  let project: Project;
  let folder: string;
  let server: StaticServer | undefined;
  let outcome: Outcome;
  let workers: number;

  before(async () => {
    project = makeProject('test/browser/worker/app');
    for (const name of ['graph.worker.js', 'pool.js', 'cached-weights.js'])
      writeFileSync(join(project.folder, name), documentedFile(name));
    folder = await buildWithVite(project.folder);
    server = await serveFolder(folder);
    [outcome, workers] = await withPage(server.url, async ({ page }) => {
      const result = await resultOf<Outcome>(page);
      // A worker that was ended goes a moment later.
      await page.waitForTimeout(500);
      return [result, page.workers().length] as const;
    });
  });

  after(async () => {
    await server?.close();
    project.remove();
  });

  it('runs a saved graph in a pool, to the bit as in the page, and keeps no tensor', () => {
    const { here, there, kept } = outcome.graph;
    expect(there).to.have.length(12);
    expect(there).to.deep.equal(here);
    expect(kept).to.equal(0);
  });

  it('shares calls among the workers of a pool', () => {
    expect(outcome.sharing).to.equal(2);
  });

  it('moves what is marked, and gives tensors', () => {
    expect(outcome.moving).to.deep.equal({ left: 0, reversed: [3, 2, 1], values: [1, 2, 3] });
  });

  it('keeps the codes of errors', () => {
    const { refused, unsendable } = outcome.errors;
    expect(refused).to.include({ code: 'module-name-invalid' });
    expect(refused.message).to.include("'9' is not a valid module name");
    expect(unsendable).to.include({ code: 'worker-value-invalid' });
    expect(outcome.graph.closed).to.include({ code: 'worker-closed' });
  });

  it('takes calls back: one that runs is told, one that waits never begins', () => {
    const { first, second, counts } = outcome.cancellation;
    expect(first).to.include({ name: 'AbortError' });
    expect(second).to.include({ message: 'changed my mind' });
    expect(counts).to.deep.equal({ begun: 2, aborted: 1 });
  });

  it('says that a worker failed, and leaves none behind', () => {
    for (const failure of outcome.dying) expect(failure).to.include({ code: 'worker-failed' });
    expect(outcome.dying[0].message).to.include('out of table');
    expect(workers).to.equal(0);
  });

  it('loads weights from the cache, the server gone', async () => {
    await useWasm();
    const w = tensor2d([[0.5, -2, 3]]);
    writeFileSync(join(folder, 'weights.safetensors'), saveSafetensors({ linear: { w } }));
    w.dispose();
    const other = await serveFolder(folder);
    await withPage(other.url, async ({ page }) => {
      await resultOf(page);
      const load = (): Promise<number[]> =>
        page.evaluate(() => (window as unknown as { weights(): Promise<number[]> }).weights());
      expect(await load()).to.deep.equal([0.5, -2, 3]);
      await other.close();
      expect(await load()).to.deep.equal([0.5, -2, 3]);
    });
  });
});
