import type { StockModule } from './heap.js';

const events = ['uncaughtException', 'unhandledRejection'] as const;
type Event = (typeof events)[number];
type Listener = (...args: unknown[]) => void;

/** `function (ex) { if (!(ex instanceof ExitStatus)) { throw ex; } }` and `function (reason) { throw reason; }`, also minified. */
const rethrows =
  /^function\s*\(([\w$]+)\)\s*\{\s*(if\s*\(\s*!\s*\(\s*\1 instanceof [\w$]+\s*\)\s*\)\s*\{?\s*)?throw \1;?\s*\}?\s*\}$/;

/** The process-wide listeners that exist now, of the events that emscripten listens to. Empty in browsers. */
export function processListeners(): Map<Event, Listener[]> {
  if (typeof process === 'undefined' || typeof process.listeners !== 'function') return new Map();
  return new Map(events.map((event) => [event, process.listeners(event as never) as Listener[]]));
}

/**
 * Removes the listeners that emscripten installs in Node: they throw errors again from inside the bundle, so that a crash
 * of the application shows a foreign line and its own handlers never run. Listeners of `before` are kept.
 */
export function removeEmscriptenListeners(before: ReadonlyMap<Event, readonly Listener[]> = new Map()): void {
  for (const [event, listeners] of processListeners()) {
    for (const listener of listeners) {
      if (before.get(event)?.includes(listener) === true || !rethrows.test(String(listener))) continue;
      process.removeListener(event, listener as never);
    }
  }
}

/** Emscripten's `dispose` removes every listener of the process, by a slip of its own: ours lets the application keep them. */
export function keepListenersOnDispose(module: StockModule): void {
  const { dispose } = module.tfjs;
  module.tfjs.dispose = () => {
    const before = processListeners();
    dispose();
    for (const [event, listeners] of processListeners()) {
      for (const listener of before.get(event) ?? []) {
        if (!listeners.includes(listener)) process.on(event as never, listener);
      }
    }
  };
}
