const DTYPES: Readonly<Record<string, string>> = {
  float32: 'f32',
  int32: 's32',
  complex64: 'c64',
};

/** Shape and dtype as Haiku writes them: `f32[8,784]`. */
export function formatArray({
  shape,
  dtype,
}: {
  readonly shape: readonly number[];
  readonly dtype: string;
}): string {
  return `${DTYPES[dtype] ?? dtype}[${shape.join(',')}]`;
}

/** A count with its thousands apart: `126,000`. */
export function formatCount(count: number): string {
  return count.toLocaleString('en-US');
}

/** A size in powers of a thousand: `504.00 KB`. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB'];
  let [value, unit] = [bytes, 0];
  while (value >= 1000 && unit < units.length - 1) [value, unit] = [value / 1000, unit + 1];
  return `${value.toFixed(2)} ${units[unit]}`;
}
