const CACHE = 'tanka-weights';

/**
 * The bytes of a file, from the cache where they are there: weights change only with their name.
 *
 * @param progress called with the part that has arrived, in [0, 1]
 */
export async function loadFile(
  name: string,
  progress: (part: number) => void = () => undefined,
): Promise<Uint8Array> {
  const url = new URL(`data/${name}`, document.baseURI).href;
  // There is none on a page that is not secure.
  const cache = 'caches' in globalThis ? await caches.open(CACHE) : undefined;
  const response = (await cache?.match(url)) ?? (await fetch(url));
  if (!response.ok || response.body === null)
    throw new Error(`${name}: ${response.status} ${response.statusText}`);
  const total = Number(response.headers.get('Content-Length') ?? 0);
  const chunks: Uint8Array[] = [];
  let arrived = 0;
  const reader = response.body.getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    chunks.push(part.value);
    arrived += part.value.length;
    if (total > 0) progress(arrived / total);
  }
  progress(1);
  const bytes = new Uint8Array(arrived);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  await cache?.put(url, new Response(bytes, { headers: { 'Content-Length': String(arrived) } }));
  return bytes;
}

/** The same of a file that was compressed when the page was built. */
export async function loadCompressed(name: string): Promise<Uint8Array> {
  const bytes = await loadFile(`${name}.gz`);
  const stream = new Blob([bytes as Uint8Array<ArrayBuffer>])
    .stream()
    .pipeThrough(new DecompressionStream('gzip'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
