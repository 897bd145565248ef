/**
 * The public API of each entry point as text in `docs/api/`, so that a review sees what a change does to it.
 * `node tools/api-report.mjs` fails when a report is not up to date, `node tools/api-report.mjs write` writes them.
 */
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Extractor, ExtractorConfig } from '@microsoft/api-extractor';
import manifest from '../package.json' with { type: 'json' };

const root = fileURLToPath(new URL('..', import.meta.url));
const write = process.argv.includes('write');
for (const folder of ['build/api-report', 'docs/api']) mkdirSync(`${root}/${folder}`, { recursive: true });

let failed = false;
for (const [entry, target] of Object.entries(manifest.exports)) {
  if (typeof target === 'string') continue;
  const name = entry === '.' ? 'tanka' : `tanka-${entry.slice(2)}`;
  const config = ExtractorConfig.prepare({
    configObject: {
      projectFolder: root,
      mainEntryPointFilePath: `${root}/${target.types}`,
      compiler: { tsconfigFilePath: `${root}/tsconfig.build.json` },
      apiReport: {
        enabled: true,
        reportFileName: `${name}.api.md`,
        reportFolder: `${root}/docs/api`,
        reportTempFolder: `${root}/build/api-report`,
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      newlineKind: 'lf',
      messages: {
        compilerMessageReporting: { default: { logLevel: 'none' } },
        extractorMessageReporting: { default: { logLevel: 'none' } },
        tsdocMessageReporting: { default: { logLevel: 'none' } },
      },
    },
    configObjectFullPath: undefined,
    packageJsonFullPath: `${root}/package.json`,
  });
  const { apiReportChanged, succeeded } = Extractor.invoke(config, {
    localBuild: write,
    messageCallback: (message) => {
      message.handled = message.logLevel !== 'error';
    },
  });
  if (succeeded && (write || !apiReportChanged)) continue;
  failed = true;
  console.error(
    `The public API of ${name} is not what docs/api/${name}.api.md says. If that is meant: npm run api`,
  );
}
if (failed) process.exitCode = 1;
