/** What is asked for at the same time is done together: the disk is waited for once. */
export interface Group<Item, Result> {
  add(item: Item): Promise<Result>;
  /** Does what waits now. */
  flush(): void;
}

interface Waiting<Item, Result> {
  readonly item: Item;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * @param work does all of them or, throwing, none
 * @param settle what was done is as good as promised when it resolves; meanwhile others gather
 */
export function grouped<Item, Result>(
  work: (items: readonly Item[]) => readonly Result[],
  settle?: () => Promise<void>,
): Group<Item, Result> {
  let waiting: Waiting<Item, Result>[] = [];
  let scheduled = false;
  let settling = false;
  const schedule = () => {
    if (scheduled || settling || waiting.length === 0) return;
    scheduled = true;
    // After everything that came in with this turn of the event loop.
    setImmediate(() => {
      scheduled = false;
      flush();
    });
  };
  const answer = (asked: readonly Waiting<Item, Result>[], results: readonly Result[]) => {
    for (const [at, { resolve }] of asked.entries()) resolve(results[at] as Result);
  };
  const flush = () => {
    const now = waiting;
    waiting = [];
    if (now.length === 0) return;
    const fail = (error: unknown) => {
      for (const { reject } of now) reject(error);
    };
    try {
      const results = work(now.map(({ item }) => item));
      if (settle === undefined) return answer(now, results);
      settling = true;
      settle()
        .then(() => answer(now, results), fail)
        .finally(() => {
          settling = false;
          schedule();
        });
    } catch (error) {
      fail(error);
    }
  };
  return {
    add: (item) =>
      new Promise((resolve, reject) => {
        waiting.push({ item, resolve, reject });
        schedule();
      }),
    flush,
  };
}
