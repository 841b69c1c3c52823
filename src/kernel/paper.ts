/** What renderers of a domain write lines to: the command's page, or a stand-in of a test. */
export interface Paper {
  readonly style: Record<
    'red' | 'green' | 'yellow' | 'cyan' | 'magenta' | 'bold' | 'dim',
    (text: string) => string
  >;
  line(text?: string): void;
  /** Hostile text made harmless for a terminal. */
  safe(text: string): string;
  table(
    rows: readonly (readonly string[])[],
    options?: { readonly indent?: number; readonly gap?: number },
  ): void;
}
