/** What a passed-through command came to. */
export interface PassedGit {
  readonly verb: string;
  /** As git was given it, after aliases. */
  readonly words: readonly string[];
  /** Git's own exit status. */
  readonly exit: number;
  /** Empty where git wrote to the terminal itself. */
  readonly stdout: string;
  readonly stderr: string;
}
