import { startWorker } from 'tanka/worker';
import { showFeatures } from '../features.js';
import { element, progressIn, showCode, timer } from '../page.js';
import { loadCompressed } from '../weights.js';
import { LossChart } from './chart.js';
import code from './model.ts?raw';
import { GuessList } from './guesses.js';
import type { Digits, Trainer } from './trainer.js';

/** Steps between two looks at the curve, and between two tests. */
const STEPS = 10;
const TEST_EVERY = 50;

export async function start(): Promise<void> {
  showCode('training-code', code);
  const load = async (name: string): Promise<Digits> => ({
    images: await loadCompressed(`${name}-images`, progressIn('training', 'the digits')),
    labels: await loadCompressed(`${name}-labels`),
  });
  const data = { train: await load('train'), test: await load('test') };
  const { run } = startWorker<Trainer>(
    () => new Worker(new URL('./training.worker.ts', import.meta.url), { type: 'module' }),
    { data },
  );
  showFeatures(element('worker-features'), await run.features(), false);
  const chart = new LossChart(element('chart'));
  const guesses = new GuessList(element('guesses'), data.test);
  const button = element<HTMLButtonElement>('train');
  const again = element<HTMLButtonElement>('restart');
  const download = element<HTMLButtonElement>('download');
  const state = element('training-state');
  let time = timer();
  let step = 0;
  let running = false;

  const test = async (): Promise<void> => {
    const result = await run.test();
    guesses.show(result.guesses);
    element('accuracy').textContent = `${(100 * result.accuracy).toFixed(1)} %`;
  };
  await test();

  const loop = async (): Promise<void> => {
    while (running) {
      const { losses, milliseconds, numTensors } = await run.train(STEPS);
      step += losses.length;
      chart.add(losses);
      element('step').textContent = String(step);
      element('loss').textContent = (losses.reduce((a, b) => a + b) / losses.length).toFixed(3);
      element('step-time').textContent = time(milliseconds);
      element('training').dataset.tensors = String(numTensors);
      download.disabled = false;
      again.disabled = false;
      if (step % TEST_EVERY === 0) await test();
    }
  };

  let looping = Promise.resolve();
  const set = (on: boolean): void => {
    running = on;
    button.textContent = on ? 'Pause' : step === 0 ? 'Start' : 'Go on';
    state.textContent = on ? 'Training in a Web Worker; the page stays free.' : 'Paused.';
    if (on) {
      looping = looping.then(loop).catch((error: unknown) => {
        set(false);
        failed(error);
      });
    }
  };

  button.addEventListener('click', () => set(!running));
  const restart = async (): Promise<void> => {
    set(false);
    button.disabled = true;
    again.disabled = true;
    await looping;
    await run.restart();
    step = 0;
    time = timer();
    chart.clear();
    download.disabled = true;
    element('step').textContent = '0';
    for (const id of ['loss', 'step-time']) element(id).textContent = '–';
    await test();
    button.textContent = 'Start';
    button.disabled = false;
    state.textContent = 'New parameters, from the same seed.';
  };
  const failed = (error: unknown): void => {
    state.textContent = `The training failed: ${(error as Error).message} Reload the page to begin again.`;
  };
  again.addEventListener('click', () => void restart().catch(failed));
  const save = async (): Promise<void> => {
    const bytes = (await run.checkpoint()) as Uint8Array<ArrayBuffer>;
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob([bytes], { type: 'application/octet-stream' }));
    link.download = 'mnist.safetensors';
    link.click();
    URL.revokeObjectURL(link.href);
    state.textContent = `Saved ${(bytes.length / 1e3).toFixed(0)} kB after ${step} steps.`;
  };
  download.addEventListener('click', () => void save().catch(failed));
}
