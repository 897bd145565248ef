import { expect } from 'chai';
import {
  chromium,
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  type Page,
} from 'playwright-core';
import { findChromium, howToInstall } from './chromium.js';

let browser: Browser | undefined;

/** Starts a Chromium of its own, which the caller closes. */
export async function launch(...more: readonly string[]): Promise<Browser> {
  const executablePath = findChromium();
  if (executablePath === undefined) throw new Error(`No Chromium found: ${howToInstall}`);
  return chromium.launch({
    executablePath,
    headless: true,
    args: [
      ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync'],
      ...['--disable-background-networking', '--disable-component-update'],
      ...more,
    ],
  });
}

/** Chromium, started at the first call; a root hook ends it. */
export async function startBrowser(): Promise<Browser> {
  browser ??= await launch();
  return browser;
}

export async function stopBrowser(): Promise<void> {
  await browser?.close();
  browser = undefined;
}

/** A page, and what its console and its workers complained about. */
export interface OpenPage {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Errors, warnings and failed requests, in order. */
  readonly complaints: readonly string[];
}

/** Options of {@link withPage}, beside those of the profile. */
export interface PageOptions extends BrowserContextOptions {
  /** Errors and warnings that belong to the test. */
  readonly expected?: RegExp;
  /** Default: the one that all tests share. */
  readonly inBrowser?: Browser;
  /** Runs in the page before its own scripts. */
  readonly script?: string;
}

/**
 * Runs `body` on a fresh page with a fresh profile, and fails when the page printed an error or a warning that `expected` does not match.
 */
export async function withPage<Result>(
  url: string,
  body: (open: OpenPage) => Promise<Result>,
  { expected, inBrowser, script, ...options }: PageOptions = {},
): Promise<Result> {
  const context = await (inBrowser ?? (await startBrowser())).newContext(options);
  try {
    const complaints: string[] = [];
    context.on('console', (message) => {
      if (['error', 'warning'].includes(message.type()))
        complaints.push(`${message.type()}: ${message.text()}`);
    });
    context.on('weberror', (error) => complaints.push(`uncaught: ${error.error().message}`));
    const page = await context.newPage();
    if (script !== undefined) await context.addInitScript(script);
    await page.goto(url);
    const result = await body({ page, context, complaints }).catch((error: unknown) => {
      if (complaints.length > 0 && error instanceof Error)
        error.message += `\nThe page printed:\n${complaints.join('\n')}`;
      throw error;
    });
    expect(complaints.filter((text) => expected?.test(text) !== true)).to.deep.equal([]);
    return result;
  } finally {
    await context.close();
  }
}

/** What the page left in `window.result`, by a script that ended. */
export async function resultOf<Result>(page: Page, timeout = 60_000): Promise<Result> {
  const handle = await page.waitForFunction(() => (window as { result?: unknown }).result, undefined, {
    timeout,
  });
  const result = (await handle.jsonValue()) as { error?: string };
  if (typeof result === 'object' && result?.error !== undefined) throw new Error(result.error);
  return result as Result;
}
