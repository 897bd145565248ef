/**
 * A Firefox of the system, by WebDriver BiDi over its own socket: the driver of the other tests needs a later Firefox than the one with long support.
 * Node 20 has the socket behind a flag, `--experimental-websocket`.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { findProgram } from './programs.js';

/** How to get one, for messages. */
export const howToInstallFirefox = 'sudo apt-get install firefox-esr (or set FIREFOX to the path of one)';

/** The Firefox to test with: `FIREFOX` if set, else the first of the usual names on PATH, else undefined. */
export const findFirefox = (): string | undefined => findProgram('FIREFOX', ['firefox', 'firefox-esr']);

interface Reply {
  readonly id?: number;
  readonly type: 'success' | 'error' | 'event';
  readonly result?: unknown;
  readonly message?: string;
  readonly method?: string;
  readonly params?: { readonly level: string; readonly text: string };
}

type Send = (method: string, params: object) => Promise<unknown>;

/** The address of its socket, which it prints; its other prints are no concern of the tests. */
async function addressOf(firefox: ChildProcess): Promise<string> {
  for await (const line of createInterface({ input: firefox.stderr as NodeJS.ReadableStream })) {
    const [address] = /ws:\/\/\S+/.exec(line) ?? [];
    if (address !== undefined) return address;
  }
  throw new Error('Firefox ended before it listened.');
}

/** Starts a Firefox with a new profile. */
export async function launchFirefox(): Promise<Firefox> {
  const program = findFirefox();
  if (program === undefined) throw new Error(`No Firefox found: ${howToInstallFirefox}`);
  const profile = mkdtempSync(join(tmpdir(), 'tanka-firefox-'));
  const args = ['--headless', '--no-remote', '--remote-debugging-port', '0', '--profile', profile];
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  const end = async (): Promise<void> => {
    if (child.exitCode === null) {
      child.kill();
      await once(child, 'exit');
    }
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    const socket = new WebSocket(`${await addressOf(child)}/session`);
    await once(socket, 'open');
    const firefox = new Firefox(socket, end);
    await firefox.send('session.new', { capabilities: {} });
    await firefox.send('session.subscribe', { events: ['log.entryAdded'] });
    return firefox;
  } catch (error) {
    await end();
    throw error;
  }
}

export class Firefox {
  /** Errors and warnings of all pages, in order. */
  readonly complaints: string[] = [];
  private readonly waiting = new Map<number, (reply: Reply) => void>();
  private lastId = 0;

  constructor(
    private readonly socket: WebSocket,
    private readonly end: () => Promise<void>,
  ) {
    socket.addEventListener('message', ({ data }) => {
      const reply = JSON.parse(data as string) as Reply;
      if (reply.id !== undefined) this.waiting.get(reply.id)?.(reply);
      else if (['error', 'warn'].includes(reply.params?.level ?? ''))
        this.complaints.push(reply.params?.text ?? '');
    });
  }

  readonly send: Send = (method, params) => {
    const id = ++this.lastId;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, ({ type, result, message }) => {
        this.waiting.delete(id);
        if (type === 'success') resolve(result);
        else reject(new Error(`${method}: ${message}`));
      });
      this.socket.send(JSON.stringify({ id, method, params }));
    });
  };

  /** Runs `body` on a new page, before whose scripts `script` runs. */
  async withTab<Result>(url: string, body: (tab: Tab) => Promise<Result>, script?: string): Promise<Result> {
    const { context } = (await this.send('browsingContext.create', { type: 'tab' })) as { context: string };
    try {
      if (script !== undefined)
        await this.send('script.addPreloadScript', {
          functionDeclaration: `() => { ${script} }`,
          contexts: [context],
        });
      await this.send('browsingContext.navigate', { context, url, wait: 'complete' });
      return await body(new Tab(this.send, context));
    } finally {
      await this.send('browsingContext.close', { context });
    }
  }

  async close(): Promise<void> {
    this.socket.close();
    await this.end();
  }
}

export class Tab {
  constructor(
    private readonly send: Send,
    private readonly context: string,
  ) {}

  /** The value of an expression, by way of JSON. */
  async evaluate<Result>(expression: string): Promise<Result> {
    const { type, result, exceptionDetails } = (await this.send('script.evaluate', {
      expression: `(async () => JSON.stringify(await (${expression})) ?? 'null')()`,
      target: { context: this.context },
      awaitPromise: true,
    })) as { type: string; result: { value: string }; exceptionDetails?: { text: string } };
    if (type !== 'success') throw new Error(exceptionDetails?.text);
    return JSON.parse(result.value) as Result;
  }

  /** The first value of the expression that is something. */
  async until<Result>(expression: string, timeout = 60_000): Promise<Result> {
    for (const end = Date.now() + timeout; Date.now() < end; await sleep(100)) {
      const value = await this.evaluate<Result | null>(expression);
      if (value !== null && value !== false) return value as Result;
    }
    throw new Error(`After ${timeout} ms there is no ${expression}.`);
  }

  /** With the mouse along points in parts of an element. */
  async drag(selector: string, points: readonly (readonly [x: number, y: number])[]): Promise<void> {
    const [left, top, width, height] = await this.evaluate<number[]>(
      `(({ x, y, width, height }) => [x, y, width, height])(document.querySelector('${selector}').getBoundingClientRect())`,
    );
    const moves = points.map(([x, y], i) => ({
      type: 'pointerMove',
      x: Math.round(left + x * width),
      y: Math.round(top + y * height),
      duration: i === 0 ? 0 : 100,
    }));
    const actions = [
      moves[0],
      { type: 'pointerDown', button: 0 },
      ...moves.slice(1),
      { type: 'pointerUp', button: 0 },
    ];
    await this.send('input.performActions', {
      context: this.context,
      actions: [{ type: 'pointer', id: 'mouse', actions }],
    });
  }

  /** Chooses a file for an input. */
  async upload(selector: string, file: string): Promise<void> {
    const { result } = (await this.send('script.evaluate', {
      expression: `document.querySelector('${selector}')`,
      target: { context: this.context },
      awaitPromise: false,
    })) as { result: { sharedId: string } };
    await this.send('input.setFiles', {
      context: this.context,
      element: { sharedId: result.sharedId },
      files: [file],
    });
  }
}
