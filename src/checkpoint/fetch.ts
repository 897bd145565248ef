import { TankaError } from '../errors/tanka-error.js';
import type { Checkpoint } from './keys.js';
import { streamSafetensors, type StreamOptions } from './safetensors/stream.js';

/** Options of {@link fetchSafetensors}. */
export interface FetchOptions extends StreamOptions {
  /** Sent along, for example `{ authorization: 'Bearer …' }`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Ends the download. */
  readonly signal?: AbortSignal;
  /** In place of the global `fetch`. */
  readonly fetch?: typeof globalThis.fetch;
}

/** A file of a model hub. */
export interface HubFile {
  /** `owner/name`. */
  readonly repo: string;
  /** Path of the file. Default `model.safetensors`. */
  readonly file?: string;
  /** Branch, tag or commit. Default `main`; give a commit for weights that must not change. */
  readonly revision?: string;
  /** Address of the hub. Default `https://huggingface.co`. */
  readonly host?: string;
}

/** The address of a file on a model hub. */
export function hubUrl({
  repo,
  file = 'model.safetensors',
  revision = 'main',
  host = 'https://huggingface.co',
}: HubFile): string {
  const path = (text: string): string => text.split('/').map(encodeURIComponent).join('/');
  return `${host.replace(/\/$/, '')}/${path(repo)}/resolve/${encodeURIComponent(revision)}/${path(file)}`;
}

/**
 * Downloads a safetensors file and loads it while it arrives.
 *
 * @throws `checkpoint-fetch` for an answer that is not a file; otherwise as {@link streamSafetensors}
 */
export async function fetchSafetensors(url: string | URL, options: FetchOptions = {}): Promise<Checkpoint> {
  const { headers, signal, fetch = globalThis.fetch, ...rest } = options;
  const response = await fetch(url, {
    ...(headers === undefined ? {} : { headers: { ...headers } }),
    ...(signal === undefined ? {} : { signal }),
  });
  if (!response.ok || response.body === null) {
    const hint =
      response.status === 401 || response.status === 403
        ? 'Give a token: { headers: { authorization: `Bearer ${token}` } }.'
        : 'Check the address and the revision.';
    throw new TankaError(
      'checkpoint-fetch',
      `${String(url)} answered ${`${response.status} ${response.statusText}`.trim()}. ${hint}`,
    );
  }
  return streamSafetensors(response.body, rest);
}
