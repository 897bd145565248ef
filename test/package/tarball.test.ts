import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';

const run = promisify(execFile);

/** A program that a newcomer writes: a decorated module, its gradient, trained parameters in a file's bytes. */
const program = `
import * as tf from '@tensorflow/tfjs-core';
import * as hk from 'tanka';
import { loadSafetensors, saveSafetensors } from 'tanka/checkpoint';
import { useWasm } from 'tanka/wasm';

await useWasm();
const Scale = hk.module('scale')(class extends hk.Module {
  call(x) {
    return tf.mul(x, hk.getParameter('factor', [], { init: hk.initializers.constant(3) }));
  }
});
const model = hk.transform((x) => tf.sum(new Scale().call(new hk.Linear(2).call(x))));
const x = tf.ones([4, 3]);
const params = model.init(42, x);
const gradient = hk.grad((p) => model.apply(p, null, x))(params);
const copy = loadSafetensors(saveSafetensors(params));
console.log(JSON.stringify([Object.keys(params), Array.from(gradient.linear.b.dataSync()), Object.keys(copy).sort()]));
`;

const typed = `
import * as tf from '@tensorflow/tfjs-core';
import * as hk from 'tanka';
import { adam } from 'tanka/optim';
import { JaxLayer } from 'tanka/wrapper';
@hk.module()
class Net extends hk.Module {
  constructor(private readonly width: number, options: hk.ModuleOptions = {}) {
    super(options);
  }
  call(x: tf.Tensor2D, isTraining: boolean): tf.Tensor2D {
    return new hk.Linear(isTraining ? this.width : 1).call(x) as tf.Tensor2D;
  }
}
const model = hk.transform((x: tf.Tensor2D, isTraining: boolean) => new Net(3).call(x, isTraining));
export const output = (x: tf.Tensor2D): tf.Tensor2D => model.apply(model.init(1, x, true), null, x, false);
export const optimizer = adam(1e-3);
export const layer = (): JaxLayer => new JaxLayer({ callFn: model.apply, initFn: model.init });
// @ts-expect-error the second argument is a boolean
export const wrong = (x: tf.Tensor2D): hk.Params => model.init(1, x, 'yes');
`;

describe('the packed package, installed in an empty folder', function () {
  this.timeout(300_000);
  let folder: string;
  const npm = (...args: string[]) => run('npm', [...args, '--no-audit', '--no-fund'], { cwd: folder });

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'tanka-package-'));
    const { stdout } = await run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder]);
    const [{ filename }] = JSON.parse(stdout) as [{ filename: string }];
    writeFileSync(
      join(folder, 'package.json'),
      JSON.stringify({ name: 'user', private: true, type: 'module' }),
    );
    const { devDependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as {
      devDependencies: Record<string, string>;
    };
    const peers = ['tfjs-core', 'tfjs-backend-wasm', 'tfjs-layers'].map(
      (name) => `@tensorflow/${name}@${devDependencies[`@tensorflow/${name}`]}`,
    );
    await npm('install', '--prefer-offline', `./${filename}`, ...peers);
  });

  after(() => rmSync(folder, { recursive: true, force: true }));

  it('imports, computes a gradient and writes a checkpoint', async () => {
    writeFileSync(join(folder, 'program.js'), program);
    const { stdout, stderr } = await run('node', ['program.js'], { cwd: folder });
    expect(stderr).to.equal('');
    expect(JSON.parse(stdout)).to.deep.equal([
      ['linear', 'scale'],
      [12, 12],
      ['linear', 'scale'],
    ]);
  });

  it('can be required', async () => {
    const { stdout } = await run(
      'node',
      ['--no-warnings', '-e', "console.log(typeof require('tanka').transform)"],
      {
        cwd: folder,
      },
    );
    expect(stdout.trim()).to.equal('function');
  });

  it('has declarations for TypeScript before 5.7 too, where typed arrays are not generic', () => {
    const dist = join(folder, 'node_modules/tanka/dist');
    const declarations = readdirSync(dist, { recursive: true, encoding: 'utf8' }).filter((file) =>
      file.endsWith('.d.ts'),
    );
    expect(declarations).to.include('index.d.ts');
    const generic = declarations.filter((file) =>
      readFileSync(join(dist, file), 'utf8').includes('Array<ArrayBuffer'),
    );
    expect(generic).to.deep.equal([]);
  });

  for (const decorators of ['legacy', 'TC39'] as const) {
    it(`has types that resolve and declarations without errors, with ${decorators} decorators`, async () => {
      writeFileSync(join(folder, 'typed.ts'), typed);
      const options = ['--noEmit', '--strict', '--target', 'es2022', '--module', 'nodenext'];
      if (decorators === 'legacy') options.push('--experimentalDecorators');
      const tsc = join(process.cwd(), 'node_modules/typescript/bin/tsc');
      const result = await run('node', [tsc, ...options, 'typed.ts'], { cwd: folder }).catch(
        (error: unknown) => error,
      );
      // The declarations of TensorFlow.js have errors of their own.
      const errors = (result as { stdout: string }).stdout
        .split('\n')
        .filter((line) => /^(typed\.ts|node_modules\/tanka)/.test(line));
      expect(errors).to.deep.equal([]);
    });
  }
});
