import { expect } from 'chai';
import { documentedHeaders } from '../support/documented.js';
import { resultOf, withPage } from '../support/browser.js';
import { makeProject, type Project } from '../support/installed.js';
import { serveFolder } from '../support/server.js';
import { program, type Outcome } from './app/program.js';
import { buildWithEsbuild, buildWithVite, buildWithWebpack, layOutPlain, startViteDev } from './builds.js';
import { expectOutcomes, type Outcomes } from './outcomes.js';

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

  const check = (outcomes: Outcomes, isolated: boolean): void => expectOutcomes(outcomes, expected, isolated);

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

  describe('under the documented content security policy', () => {
    let folder: string;

    before(async () => {
      folder = await buildWithVite(project.folder);
    });

    async function runWith(headers: Record<string, string>, threads: number): Promise<Outcomes> {
      const server = await serveFolder(folder, { headers });
      try {
        return await run(`${server.url}?threads=${threads}`);
      } finally {
        await server.close();
      }
    }

    it('runs', async () => {
      check(await runWith(documentedHeaders('Content security policy'), 1), false);
    });

    it('runs with threads', async () => {
      const headers = {
        ...documentedHeaders('Threads and headers'),
        ...documentedHeaders('Content security policy', 1),
      };
      check(await runWith(headers, 2), true);
    });

    it('does not start without its word for WASM', async () => {
      const [name, policy] = Object.entries(documentedHeaders('Content security policy'))[0];
      const server = await serveFolder(folder, {
        headers: { [name]: policy.replace(" 'wasm-unsafe-eval'", '') },
      });
      try {
        await withPage(
          server.url,
          async ({ page }) => {
            const failure = await resultOf(page).catch((error: unknown) => (error as Error).message);
            expect(failure).to.match(/wasm-start-failed.*Content Security.*Add 'wasm-unsafe-eval'/);
          },
          { expected: /Content Security Policy|ArrayBuffer instantiation|wasm/i },
        );
      } finally {
        await server.close();
      }
    });
  });
});
