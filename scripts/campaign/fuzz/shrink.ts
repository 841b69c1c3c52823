/**
 * The least that is still wrong, near enough: pieces of half the length, a quarter and so on are left out wherever the
 * rest is wrong without them (Zeller and Hildebrandt's ddmin, of complements alone).
 */
export async function shrink(
  input: string,
  isWrong: (candidate: string) => Promise<boolean>,
  milliseconds: number,
): Promise<string> {
  const until = performance.now() + milliseconds;
  let kept = input;
  for (let size = Math.ceil(kept.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let from = 0; from < kept.length; ) {
      if (performance.now() > until) return kept;
      const candidate = kept.slice(0, from) + kept.slice(from + size);
      if (await isWrong(candidate)) kept = candidate;
      else from += size;
    }
  }
  return kept;
}

/** What two findings have in common: the first line, without figures. */
export function kindOf(what: string): string {
  return (what.split('\n')[0] ?? '').replace(/[\d.]+/g, '#').slice(0, 80);
}
