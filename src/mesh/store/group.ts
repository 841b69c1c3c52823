/** What is asked for at the same time is done together: the disk is waited for once. */
export interface Group<Item, Result> {
  add(item: Item): Promise<Result>;
  /** Does what waits now. */
  flush(): void;
}

/** @param work does all of them or, throwing, none */
export function grouped<Item, Result>(
  work: (items: readonly Item[]) => readonly Result[],
): Group<Item, Result> {
  let waiting: { item: Item; resolve: (result: Result) => void; reject: (error: unknown) => void }[] = [];
  const flush = () => {
    const now = waiting;
    waiting = [];
    if (now.length === 0) return;
    try {
      const results = work(now.map(({ item }) => item));
      for (const [at, { resolve }] of now.entries()) resolve(results[at] as Result);
    } catch (error) {
      for (const { reject } of now) reject(error);
    }
  };
  return {
    add: (item) =>
      new Promise((resolve, reject) => {
        // After everything that came in with this turn of the event loop.
        if (waiting.length === 0) setImmediate(flush);
        waiting.push({ item, resolve, reject });
      }),
    flush,
  };
}
