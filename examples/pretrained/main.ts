/**
 * `npm run pretrained -- MODEL [FILE …]` runs a pretrained model on files of yours, or on those that come with it;
 * without a model, all of them.
 */
import { spawnSync } from 'node:child_process';
import { useWasm } from 'tanka/wasm';
import { median, models, type Demonstration } from './demonstration.js';
import { bundled } from './files.js';

const [chosen, ...inputs] = process.argv.slice(2).filter((argument) => argument !== '--quick');
if (chosen !== undefined && !Object.hasOwn(models, chosen)) {
  console.error(`usage: npm run pretrained -- ${Object.keys(models).join('|')} [FILE …]`);
  process.exit(2);
}

await useWasm();
for (const name of chosen === undefined ? Object.keys(models) : [chosen]) {
  const model = await models[name]();
  const given = inputs.length > 0 ? inputs : model.samples;
  console.log(`── ${name} ${'─'.repeat(60 - name.length)}`);
  const start = performance.now();
  let prepared: Demonstration;
  try {
    prepared = await model.prepare(given);
  } catch (error) {
    // A wrong file is no fault of the program: its message says all.
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  }
  const { unit, report, plan } = prepared;
  console.log(`weights and input loaded in ${(performance.now() - start).toFixed(0)} ms`);
  for (const line of await report()) console.log(line);

  // TensorFlow.js as it comes needs a process of its own: kernels are the whole process'.
  const stock = spawnSync(process.execPath, ['--import', 'tsx', bundled('stock.ts'), name, ...given], {
    encoding: 'utf8',
  });
  const milliseconds = Number(stock.stdout);
  if (stock.status !== 0 || !(milliseconds > 0)) {
    console.error(stock.stderr);
    process.exit(1);
  }
  console.log(`one ${unit}: ${median(plan).toFixed(1)} ms as a plan on tanka's kernels,`);
  console.log(`  ${milliseconds.toFixed(1)} ms operation by operation on TensorFlow.js' own WASM kernels`);
}
