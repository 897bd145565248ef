import { useWasm } from 'tanka/wasm';
import { element } from './page.js';

/** The demonstrations, each loaded when it is looked at. */
const demonstrations: Record<string, () => Promise<{ readonly start: () => Promise<void> }>> = {
  digits: () => import('./digits/demo.js'),
  photos: () => import('./photos/demo.js'),
  training: () => import('./training/demo.js'),
};

const tabs = [...document.querySelectorAll<HTMLButtonElement>('[role=tab]')];
const started = new Set<string>();

async function show(id: string): Promise<void> {
  for (const tab of tabs) {
    const chosen = tab.getAttribute('aria-controls') === id;
    tab.setAttribute('aria-selected', String(chosen));
    tab.tabIndex = chosen ? 0 : -1;
    element(tab.getAttribute('aria-controls') as string).hidden = !chosen;
  }
  if (location.hash.slice(1) !== id) history.replaceState(null, '', `#${id}`);
  if (started.has(id)) return;
  started.add(id);
  const { start } = await demonstrations[id]();
  await start();
  element(id).dataset.ready = 'true';
}

/** As the practices for tabs ask: arrows move between them, the others are out of the tab order. */
function listen(): void {
  tabs.forEach((tab, i) => {
    const open = (to: HTMLButtonElement): void => {
      to.focus();
      void show(to.getAttribute('aria-controls') as string);
    };
    tab.addEventListener('click', () => open(tab));
    tab.addEventListener('keydown', ({ key }) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[key];
      if (step !== undefined) open(tabs[(i + step + tabs.length) % tabs.length]);
    });
  });
}

async function startBackend(): Promise<void> {
  const threads = Number(new URLSearchParams(location.search).get('threads') ?? 1);
  const report = await useWasm({ threads });
  const features: [name: string, on: boolean][] = [
    ['SIMD', report.simd],
    ['relaxed SIMD', report.relaxedSimd],
    [`${report.threads} thread${report.threads === 1 ? '' : 's'}`, true],
    ['isolated page', crossOriginIsolated],
  ];
  element('features').replaceChildren(
    ...features.map(([name, on]) => {
      const chip = document.createElement('li');
      chip.textContent = name;
      if (!on) {
        chip.className = 'off';
        chip.title = 'not in this page';
      }
      return chip;
    }),
  );
}

listen();
await startBackend();
const wanted = location.hash.slice(1);
await show(wanted in demonstrations ? wanted : 'digits');
element('ready-time').textContent = `Ready ${Math.round(performance.now())} ms after the page was asked for.`;
if (import.meta.env.PROD && 'serviceWorker' in navigator) {
  await navigator.serviceWorker.register('./sw.js');
}
