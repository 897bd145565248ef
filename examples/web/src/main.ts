import { useWasm } from 'tanka/wasm';
import { showFeatures } from './features.js';
import { element, endProgress } from './page.js';

/** The demonstrations, each loaded when it is looked at. */
const demonstrations: Record<string, () => Promise<{ readonly start: () => Promise<void> }>> = {
  digits: () => import('./digits/demo.js'),
  photos: () => import('./photos/demo.js'),
  training: () => import('./training/demo.js'),
};

/** Before the name in the address: the name alone is an element's, to which the browser would move the focus. */
const HASH = '#/';

const tabs = [...document.querySelectorAll<HTMLButtonElement>('[role=tab]')];
const started = new Set<string>();
const backend = startBackend();

/** What went wrong with a demonstration, by its name. */
const problems = new Map<string, string>();

function showProblem(id: string): void {
  const text = problems.get(id);
  element('problem-text').textContent = text ?? '';
  element('problem').hidden = text === undefined;
}

async function show(id: string): Promise<void> {
  for (const tab of tabs) {
    const chosen = tab.getAttribute('aria-controls') === id;
    tab.setAttribute('aria-selected', String(chosen));
    tab.tabIndex = chosen ? 0 : -1;
    element(tab.getAttribute('aria-controls') as string).hidden = !chosen;
  }
  history.replaceState(null, '', HASH + id);
  showProblem(id);
  if (started.has(id)) return;
  started.add(id);
  try {
    element('problem').hidden = true;
    const [{ start }] = await Promise.all([demonstrations[id](), backend]);
    await start();
    for (const controls of element(id).querySelectorAll<HTMLElement>('[inert]')) controls.inert = false;
    element(id).dataset.ready = 'true';
    problems.delete(id);
  } catch (error) {
    console.error(error);
    // Its tab and the button try again, once the network is back for instance.
    started.delete(id);
    problems.set(id, `This demonstration did not start: ${(error as Error).message}`);
  }
  endProgress(id);
  if (!element(id).hidden) showProblem(id);
}

/** As the practices for tabs ask: arrows move between them, the others are out of the tab order. */
function listen(): void {
  tabs.forEach((tab, i) => {
    const open = (to: HTMLButtonElement): void => {
      to.focus();
      void show(to.getAttribute('aria-controls') as string);
    };
    tab.addEventListener('click', () => open(tab));
    tab.addEventListener('keydown', (event) => {
      const places: Record<string, number> = {
        ArrowRight: (i + 1) % tabs.length,
        ArrowLeft: (i - 1 + tabs.length) % tabs.length,
        Home: 0,
        End: tabs.length - 1,
      };
      if (!(event.key in places)) return;
      event.preventDefault();
      open(tabs[places[event.key]]);
    });
  });
}

let backendFailed = false;

async function startBackend(): Promise<void> {
  const threads = Number(new URLSearchParams(location.search).get('threads') ?? 1);
  try {
    showFeatures(element('features'), await useWasm({ threads }), true);
  } catch (error) {
    backendFailed = true;
    element('features').replaceChildren();
    throw error;
  }
}

/** A backend starts once in the life of a page. */
function tryAgain(): void {
  const [tab] = tabs.filter((candidate) => candidate.ariaSelected === 'true');
  if (backendFailed) location.reload();
  else void show(tab.getAttribute('aria-controls') as string);
}

listen();
element('again').addEventListener('click', tryAgain);
const wanted = location.hash.slice(HASH.length);
const first = wanted in demonstrations ? wanted : 'digits';
await show(first);
if (element(first).dataset.ready === 'true')
  element('ready-time').textContent =
    `Ready ${Math.round(performance.now())} ms after the page was asked for.`;
if (import.meta.env.PROD && 'serviceWorker' in navigator) {
  // Where pages may keep nothing there is no offline page either.
  await navigator.serviceWorker.register('./sw.js').catch(() => undefined);
}
