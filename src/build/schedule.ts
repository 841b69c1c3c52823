/**
 * Runs the work of each item once all it depends on is done, at most `jobs` at a time, in the order given where there is
 * a choice. What depends on one that did not go well is skipped. The first that throws ends it, once those under way are
 * done.
 */
export async function schedule<Item extends { readonly id: string; readonly depends: readonly string[] }>(
  items: readonly Item[],
  options: {
    readonly jobs: number;
    /** True where it went well. */
    readonly work: (item: Item) => Promise<boolean>;
    readonly skip: (item: Item, because: string) => void;
    /** Begins nothing more. */
    readonly stopped: () => boolean;
  },
): Promise<void> {
  const chosen = new Set(items.map((item) => item.id));
  const outcome = new Map<string, boolean>();
  const waiting = [...items];
  const running = new Set<Promise<void>>();
  let thrown: { readonly error: unknown } | undefined;
  const start = (item: Item): void => {
    const done = options
      .work(item)
      .then((well) => void outcome.set(item.id, well))
      .catch((error: unknown) => {
        outcome.set(item.id, false);
        thrown ??= { error };
      })
      .finally(() => running.delete(done));
    running.add(done);
  };
  while (waiting.length > 0 || running.size > 0) {
    for (let at = 0; at < waiting.length && running.size < options.jobs; ) {
      const item = waiting[at];
      if (item === undefined) break;
      const needed = item.depends.filter((id) => chosen.has(id));
      const bad = needed.find((id) => outcome.get(id) === false);
      if (bad !== undefined) {
        waiting.splice(at, 1);
        outcome.set(item.id, false);
        options.skip(item, bad);
        at = 0;
      } else if (thrown !== undefined || options.stopped()) {
        waiting.splice(at, 1);
        outcome.set(item.id, false);
        options.skip(item, '');
      } else if (needed.every((id) => outcome.get(id) === true)) {
        waiting.splice(at, 1);
        start(item);
      } else at++;
    }
    if (running.size > 0) await Promise.race(running);
  }
  if (thrown !== undefined) throw thrown.error;
}
