/** The least number of insertions, deletions and substitutions that turn `a` into `b`; more than `limit` counts as infinite. */
export function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return Infinity;
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substituted = row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(substituted, row[j] + 1, next[j - 1] + 1));
    }
    if (Math.min(...next) > limit) return Infinity;
    row = next;
  }
  return row[b.length] <= limit ? row[b.length] : Infinity;
}

/** The candidate nearest to `name`, unless none is near. */
export function nearest(name: string, candidates: readonly string[]): string | undefined {
  let limit = Math.max(3, Math.floor(name.length * 0.3));
  let found: string | undefined;
  for (const candidate of candidates) {
    const distance = editDistance(name, candidate, limit);
    if (distance <= limit && (found === undefined || distance < limit)) {
      found = candidate;
      limit = distance;
    }
  }
  return found;
}
