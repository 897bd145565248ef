const CACHE = 'tanka-weights';

/** What `prepare.ts` laid out, under names with a hash: no cached file is ever another version's. */
const addresses = Object.fromEntries(
  Object.entries(
    import.meta.glob<string>('../data/*', { query: '?url', import: 'default', eager: true }),
  ).map(([path, address]) => [path.slice('../data/'.length), new URL(address, document.baseURI).href]),
);

/** There is none on a page that is not secure, nor where the reader lets pages keep nothing. Files of earlier versions leave it. */
async function openCache(): Promise<Cache | undefined> {
  try {
    const cache = await caches.open(CACHE);
    const known = new Set(Object.values(addresses));
    const old = (await cache.keys()).filter(({ url }) => !known.has(url));
    await Promise.all(old.map((request) => cache.delete(request)));
    return cache;
  } catch {
    return undefined;
  }
}

async function request(name: string, address: string): Promise<Response> {
  const response = await fetch(address).catch((error: unknown) => {
    throw new Error(`${name} did not arrive: ${(error as Error).message}. Is the network there?`);
  });
  if (!response.ok) throw new Error(`${name} did not arrive: ${response.status} ${response.statusText}`);
  return response;
}

async function read(
  { body, headers }: Response,
  progress: (arrived: number, total?: number) => void,
): Promise<Uint8Array<ArrayBuffer>> {
  // Of a compressed answer the length counts other bytes than those that arrive here.
  const length = headers.has('Content-Encoding') ? null : headers.get('Content-Length');
  const total = length === null ? undefined : Number(length);
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let arrived = 0;
  const reader = (body as ReadableStream<Uint8Array<ArrayBuffer>>).getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    chunks.push(part.value);
    arrived += part.value.length;
    progress(arrived, total);
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}

/**
 * What `use` makes of the bytes of a file, from the cache where they are there. Only what could be used is kept, so that a truncated file, or a page that
 * a server sent in its place, does not come back.
 *
 * @param progress called with the bytes that have arrived, and with how many there are where the server says so
 */
export async function loadFile<Result>(
  name: string,
  use: (bytes: Uint8Array<ArrayBuffer>) => Result | Promise<Result>,
  progress: (arrived: number, total?: number) => void = () => undefined,
): Promise<Result> {
  const cache = await openCache();
  const address = addresses[name];
  const cached = await cache?.match(address);
  const bytes = await read(cached ?? (await request(name, address)), progress);
  let result: Result;
  try {
    result = await use(bytes);
  } catch (error) {
    await cache?.delete(address);
    throw new Error(`${name} arrived damaged: ${(error as Error).message}`, { cause: error });
  }
  if (cached === undefined) {
    const kept = new Response(bytes, { headers: { 'Content-Length': String(bytes.length) } });
    // The disk may be full.
    await cache?.put(address, kept).catch(() => undefined);
  }
  return result;
}

/** The same of a file that was compressed when the page was built; not named `.gz`, which some servers announce as encoded. */
export function loadCompressed(
  name: string,
  progress?: (arrived: number, total?: number) => void,
): Promise<Uint8Array> {
  const decompress = async (bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> => {
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  };
  return loadFile(`${name}.gzip`, decompress, progress);
}
