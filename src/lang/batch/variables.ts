/** A batch program's variables: names in any case, values as they were set. */
export class Variables {
  #all: Map<string, { readonly name: string; readonly value: string }>;

  constructor(initial: Readonly<Record<string, string>> = {}) {
    this.#all = new Map();
    for (const [name, value] of Object.entries(initial)) this.set(name, value);
  }

  get(name: string): string | undefined {
    return this.#all.get(name.toLowerCase())?.value;
  }

  /** An empty value is no variable. */
  set(name: string, value: string): void {
    if (value === '') this.#all.delete(name.toLowerCase());
    else this.#all.set(name.toLowerCase(), { name, value });
  }

  starting(prefix: string): readonly (readonly [name: string, value: string])[] {
    const wanted = prefix.toLowerCase();
    return [...this.#all.entries()]
      .filter(([key]) => key.startsWith(wanted))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, { name, value }]) => [name, value] as const);
  }

  /** For `setlocal`: what `restore` puts back. */
  copy(): Map<string, { readonly name: string; readonly value: string }> {
    return new Map(this.#all);
  }

  restore(copy: Map<string, { readonly name: string; readonly value: string }>): void {
    this.#all = copy;
  }
}
