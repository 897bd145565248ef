import { expect } from 'chai';
import { documentedHeaders } from '../support/documented.js';
import { resultOf, withPage } from '../support/browser.js';
import { makeProject, type Project } from '../support/installed.js';
import { serveFolder } from '../support/server.js';
import { expectClose } from '../../support/compare.js';
import { tolerances } from '../../support/tolerances.js';
import { program, type Outcome } from './app/program.js';
import { buildWithEsbuild, buildWithVite, buildWithWebpack, layOutPlain, startViteDev } from './builds.js';

interface Outcomes {
  readonly page: Outcome;
  readonly worker?: Outcome;
}

const headers = (isolated: boolean) =>
  isolated ? 'with COOP and COEP, threads asked for' : 'without headers';

describe('useWasm in Chromium, from the packed package', () => {
  let project: Project;
  let expected: Outcome;

  before(async () => {
    project = makeProject('test/browser/delivery/app');
    expected = await program(1);
  });

  after(() => project.remove());

  /** Both halves started, trained alike and equal Node's run up to the rounding of the relaxed instructions. */
  function check(outcomes: Outcomes, isolated: boolean): void {
    for (const [place, outcome] of Object.entries(outcomes) as [string, Outcome][]) {
      const { report, losses, output, names } = outcome;
      expect(report, place).to.include({ simd: true, relaxedSimd: true });
      if (!isolated) expect(report.threads, place).to.equal(1);
      expect(report.kernels, place).to.deep.equal(expected.report.kernels);
      expect(outcome.isolated, place).to.equal(isolated);
      expect(names, place).to.deep.equal(expected.names);
      expectClose(Float32Array.from(losses), Float32Array.from(expected.losses), tolerances.output, place);
      expectClose(Float32Array.from(output), Float32Array.from(expected.output), tolerances.output, place);
    }
  }

  async function run(url: string): Promise<Outcomes> {
    return withPage(url, ({ page }) => resultOf<Outcomes>(page));
  }

  for (const [tool, build] of [
    ['Vite', buildWithVite],
    ['webpack', buildWithWebpack],
    ['esbuild', buildWithEsbuild],
  ] as const) {
    describe(`built by ${tool}, minified`, () => {
      let folder: string;

      before(async () => {
        folder = await build(project.folder);
      });

      for (const isolated of [false, true]) {
        it(`computes in page and worker what Node computes, ${headers(isolated)}`, async () => {
          const server = await serveFolder(folder, { isolated });
          try {
            check(await run(`${server.url}?threads=${isolated ? 2 : 1}`), isolated);
          } finally {
            await server.close();
          }
        });
      }

      it('runs the threads that were asked for, where half the processors are as many', async () => {
        const server = await serveFolder(folder, { isolated: true });
        try {
          const outcomes = await withPage('about:blank', async ({ page }) => {
            await page.addInitScript('Object.defineProperty(navigator, "hardwareConcurrency", { value: 4 })');
            await page.goto(`${server.url}?threads=2&worker=no`);
            return resultOf<Outcomes>(page);
          });
          expect(outcomes.page.report.threads).to.equal(2);
          check(outcomes, true);
        } finally {
          await server.close();
        }
      });
    });
  }

  for (const isolated of [false, true]) {
    it(`served by Vite's development server, ${headers(isolated)}`, async () => {
      const server = await startViteDev(project.folder, isolated);
      try {
        check(await run(`${server.url}?threads=${isolated ? 2 : 1}`), isolated);
      } finally {
        await server.close();
      }
    });

    it(`from script tags and an import map, ${headers(isolated)}`, async () => {
      const server = await serveFolder(layOutPlain(project.folder), { isolated });
      try {
        check(await run(`${server.url}plain.html?threads=${isolated ? 2 : 1}&worker=no`), isolated);
      } finally {
        await server.close();
      }
    });
  }

  it('runs under the documented content security policy, with threads', async () => {
    const server = await serveFolder(await buildWithVite(project.folder), {
      headers: {
        ...documentedHeaders('Threads and headers'),
        ...documentedHeaders('Content security policy'),
      },
    });
    try {
      check(await run(`${server.url}?threads=2`), true);
    } finally {
      await server.close();
    }
  });
});
