import { spawnSync } from 'node:child_process';
import { expect } from 'chai';

const [major] = process.versions.node.split('.').map(Number);

/** Tests of kernels that start no other process. */
const kernelTests = [
  'test/backend/differential/*.test.ts',
  'test/backend/operations.test.ts',
  ...[
    'cells',
    'conv2d',
    'conv3d',
    'depthwise',
    'dilation',
    'matmul',
    'optimizer',
    'packed',
    'pool',
    'precision',
  ].map((name) => `test/backend/wasm/${name}.test.ts`),
];

describe('the binary that this engine would not take by itself', () => {
  // Node 20 has the relaxed instructions behind a switch, later ones have them always.
  const relaxed = major < 22;

  it(`passes the kernel tests (${relaxed ? 'relaxed SIMD' : 'SIMD'})`, function () {
    this.timeout(600_000);
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [
        'node_modules/mocha/bin/mocha.js',
        ...(relaxed ? ['--node-option', 'experimental-wasm-relaxed-simd'] : []),
        '--reporter',
        'json',
        ...kernelTests,
      ],
      { encoding: 'utf8', env: { ...process.env, TANKA_RELAXED_SIMD: String(relaxed) }, maxBuffer: 2 ** 28 },
    );
    expect(status, `${stdout.slice(-4000)}${stderr.slice(-4000)}`).to.equal(0);
    expect(Number(/"passes": (\d+)/.exec(stdout)?.[1])).to.be.greaterThan(1000);
  });
});
