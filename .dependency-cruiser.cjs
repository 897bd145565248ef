/** Which room of `src/` may import which others; every room may import `errors/`. */
const rooms = {
  errors: [],
  config: [],
  backend: [],
  tree: ['backend'],
  random: ['backend', 'config'],
  module: ['tree', 'random', 'backend', 'config'],
  initializers: ['module', 'random', 'backend'],
  transform: ['module', 'tree', 'random', 'backend', 'config'],
  nn: ['module', 'transform', 'initializers', 'backend', 'tree', 'random'],
  wrapper: ['transform', 'tree', 'random', 'backend'],
  compile: ['backend', 'tree', 'random', 'checkpoint'],
  wasm: ['backend', 'compile'],
  optim: ['tree', 'backend', 'random'],
  checkpoint: ['tree'],
  convert: ['module', 'transform', 'nn', 'initializers', 'backend', 'tree', 'random', 'checkpoint'],
  summary: ['module', 'transform', 'tree', 'compile'],
  precision: ['module', 'transform', 'tree', 'random', 'backend'],
  'data-structures': ['module', 'transform', 'tree', 'random', 'backend'],
  flax: ['module', 'transform', 'tree', 'random'],
  testing: ['module', 'transform', 'tree', 'random'],
  worker: ['checkpoint', 'compile', 'transform', 'tree', 'backend'],
  vite: ['checkpoint', 'compile', 'transform', 'tree', 'backend'],
};

module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    { name: 'no-unresolved', severity: 'error', from: {}, to: { couldNotResolve: true } },
    ...Object.entries(rooms).map(([room, allowed]) => ({
      name: `room-${room}`,
      severity: 'error',
      from: { path: `^src/${room}/` },
      to: { path: '^src/', pathNot: `^src/(${[room, 'errors', ...allowed].join('|')})/` },
    })),
    {
      name: 'wrapper-core-has-no-host',
      comment:
        'The core of the wrapper layers knows no framework of layers; each host has a folder of its own.',
      severity: 'error',
      from: { path: '^src/wrapper/[^/]+[.]ts$', pathNot: '^src/wrapper/index[.]ts$' },
      to: { path: ['^src/wrapper/[^/]+/', '@tensorflow/tfjs-layers'] },
    },
    {
      name: 'no-dev-dependencies',
      comment: 'What users install must not import what only this repository installs.',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], pathNot: 'node_modules/@tensorflow/' },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    exclude: { path: 'src/backend/gradients/stock' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'types', 'default'],
    },
  },
};
