import { fileURLToPath } from 'node:url';

const runner = new URL('node_modules/@stryker-mutator/mocha-runner/dist/src/index.js', import.meta.url);

/** Mutates the rooms that everything else stands on. Takes about an hour, so it is no part of CI. */
export default {
  mutate: ['src/{module,transform,random,tree}/**/*.ts', '!src/random/kernels/*'],
  plugins: [fileURLToPath(runner)],
  mutator: { plugins: ['decorators-legacy'] },
  disableTypeChecks: false,
  testRunner: 'mocha',
  testRunnerNodeArgs: ['--import', 'tsx'],
  mochaOptions: {
    spec: [
      'test/{tree,module,transform,random,initializers,haiku}/**/*.test.ts',
      'test/backend/recordable.test.ts',
      'test/compile/branches.test.ts',
      'test/docs/messages.test.ts',
      'test/faults/{trees,callbacks}.test.ts',
    ],
    require: ['test/support/binaries.ts', 'test/hooks.ts'],
    // The first starts processes, in which no mutant is active.
    ignore: ['test/module/decorators.test.ts', 'test/haiku/parity.test.ts'],
    'no-config': true,
  },
  coverageAnalysis: 'perTest',
  ignoreStatic: true,
  ignorePatterns: ['dist', 'build', 'coverage', 'reports', 'bench', 'examples'],
  incremental: true,
  incrementalFile: 'reports/mutation.json',
  reporters: ['clear-text', 'html', 'progress-append-only'],
  htmlReporter: { fileName: 'reports/mutation.html' },
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
  thresholds: { high: 90, low: 80, break: 80 },
  timeoutMS: 20000,
};
