import { transform } from 'esbuild';

/** What the tests must reach of `src/`, in percent. */
const required = { lines: 95, branches: 95 };

/** Coverage of `src/` by the tests of the source: measured by V8, mapped to TypeScript, files that no test loads counted as missed. */
export default {
  outputDir: 'coverage',
  logging: 'error',
  reports: ['console-summary', 'json-summary', 'lcovonly', 'v8'],
  entryFilter: (entry) => /\/src\/.*\.ts$/.test(entry.url),
  sourceFilter: (path) => /(^|\/)src\/.*\.ts$/.test(path),
  all: {
    dir: ['src'],
    filter: { '**/*.d.ts': false, '**/*.ts': true },
    transformer: async (entry) => {
      const { code, map } = await transform(entry.source, {
        loader: 'ts',
        sourcemap: true,
        sourcefile: entry.url,
      });
      entry.source = code;
      entry.sourceMap = JSON.parse(map);
    },
  },
  onEnd: ({ summary }) => {
    for (const [what, least] of Object.entries(required)) {
      const { pct } = summary[what];
      if (pct >= least) continue;
      console.error(
        `Coverage of ${what} is ${pct} %, and must be at least ${least} %: see coverage/index.html`,
      );
      process.exitCode = 1;
    }
  },
};
