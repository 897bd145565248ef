import { execFileSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import ts from 'typescript';

/** What users install beside the package: its peers and dependencies, and the tools of `docs/browser.md`. */
const packages = [
  '@tensorflow',
  'fflate',
  'long',
  'minimizer-webpack-plugin',
  'reflect-metadata',
  'seedrandom',
  'vite',
];

/** A user's project with the packed package in `node_modules`, its other packages as they are here. */
export interface Project {
  readonly folder: string;
  remove(): void;
}

/**
 * Packs what would be published (build it before) and unpacks it for a project with the files of `source`. Its TypeScript becomes JavaScript, file by
 * file, because not everything that delivers reads TypeScript.
 */
export function makeProject(source: string): Project {
  const folder = mkdtempSync(join(tmpdir(), 'tanka-browser-'));
  const modules = join(folder, 'node_modules');
  mkdirSync(join(modules, 'tanka'), { recursive: true });
  const packed = execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [{ filename }] = JSON.parse(packed) as [{ filename: string }];
  execFileSync('tar', ['-xzf', join(folder, filename), '-C', join(modules, 'tanka'), '--strip-components=1']);
  for (const name of packages) {
    symlinkSync(resolve('node_modules', name), join(modules, name), 'dir');
  }
  writeFileSync(join(folder, 'package.json'), '{ "name": "user", "private": true, "type": "module" }');
  cpSync(source, folder, { recursive: true });
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.ts'))) {
    const { outputText } = ts.transpileModule(readFileSync(join(folder, file), 'utf8'), {
      compilerOptions: {
        target: ts.ScriptTarget.ES2022,
        module: ts.ModuleKind.ES2022,
        experimentalDecorators: true,
      },
    });
    writeFileSync(
      join(folder, file.replace(/\.ts$/, '.js')),
      outputText.replaceAll("worker.ts'", "worker.js'").replaceAll('worker.ts"', 'worker.js"'),
    );
    rmSync(join(folder, file));
  }
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
