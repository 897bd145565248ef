import type { WasmReport } from 'tanka/wasm';

/** What crosses from a worker to be shown here. */
export type Features = Pick<WasmReport, 'simd' | 'relaxedSimd' | 'threads'>;

/** TensorFlow.js uses at most half the processors; an isolated page may still have no memory to share. */
const mostThreads = (): number =>
  typeof SharedArrayBuffer === 'undefined' ? 1 : Math.min(8, Math.floor(navigator.hardwareConcurrency / 2));

/**
 * Shows what of the processor the backend uses.
 *
 * @param ofPage whether it is the page's own backend, which is started with more threads by another address
 */
export function showFeatures(list: HTMLElement, report: Features, ofPage: boolean): void {
  const chip = (text: string, on = true): HTMLLIElement => {
    const item = document.createElement('li');
    item.textContent = text;
    item.classList.toggle('off', !on);
    return item;
  };
  const chips = [
    chip(report.simd ? 'SIMD' : 'no SIMD', report.simd),
    chip(report.relaxedSimd ? 'relaxed SIMD' : 'no relaxed SIMD', report.relaxedSimd),
    chip(`${report.threads} thread${report.threads === 1 ? '' : 's'}`),
  ];
  if (ofPage && !crossOriginIsolated) chips.push(chip('not isolated: no threads', false));
  if (ofPage && crossOriginIsolated && report.threads < mostThreads()) {
    const link = document.createElement('a');
    link.href = `?threads=${mostThreads()}`;
    link.textContent = `use ${mostThreads()} threads`;
    const item = chip('');
    item.append(link);
    chips.push(item);
  }
  list.replaceChildren(...chips);
}
