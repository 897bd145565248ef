const CACHE = 'tanka-weights';

/** What `prepare.ts` laid out, under names with a hash: no cached file is ever another version's. */
const addresses = Object.fromEntries(
  Object.entries(
    import.meta.glob<string>('../data/*', { query: '?url', import: 'default', eager: true }),
  ).map(([path, address]) => [path.slice('../data/'.length), new URL(address, document.baseURI).href]),
);

/** There is none on a page that is not secure. Files of earlier versions leave it. */
async function openCache(): Promise<Cache | undefined> {
  if (!('caches' in globalThis)) return undefined;
  const cache = await caches.open(CACHE);
  const known = new Set(Object.values(addresses));
  const old = (await cache.keys()).filter(({ url }) => !known.has(url));
  await Promise.all(old.map((request) => cache.delete(request)));
  return cache;
}

/**
 * The bytes of a file, from the cache where they are there.
 *
 * @param progress called with the bytes that have arrived, and with how many there are where the server says so
 */
export async function loadFile(
  name: string,
  progress: (arrived: number, total: number | undefined) => void = () => undefined,
): Promise<Uint8Array> {
  const cache = await openCache();
  const address = addresses[name];
  const cached = await cache?.match(address);
  const response = cached ?? (await fetch(address));
  if (!response.ok || response.body === null)
    throw new Error(`${name}: ${response.status} ${response.statusText}`);
  // Of a compressed answer the length counts other bytes than those that arrive here.
  const length = response.headers.has('Content-Encoding') ? null : response.headers.get('Content-Length');
  const total = length === null ? undefined : Number(length);
  const chunks: Uint8Array[] = [];
  let arrived = 0;
  const reader = response.body.getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    chunks.push(part.value);
    arrived += part.value.length;
    progress(arrived, total);
  }
  const bytes = new Uint8Array(arrived);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  if (cached === undefined)
    await cache?.put(address, new Response(bytes, { headers: { 'Content-Length': String(arrived) } }));
  return bytes;
}

/** The same of a file that was compressed when the page was built; not named `.gz`, which some servers announce as encoded. */
export async function loadCompressed(name: string): Promise<Uint8Array> {
  const bytes = await loadFile(`${name}.gzip`);
  const stream = new Blob([bytes as Uint8Array<ArrayBuffer>])
    .stream()
    .pipeThrough(new DecompressionStream('gzip'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
