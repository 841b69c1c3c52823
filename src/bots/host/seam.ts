import type { Plugin, SandboxProgram } from '../../plugins/index.ts';

/** A command as the table has it. */
export interface CommandFacts {
  /** Dotted: `branch.new`. */
  readonly command: string;
  readonly kind: 'query' | 'action';
  /** Of an action what policies see, `repo.branch`. */
  readonly action: string | undefined;
}

/** What the host needs to know of this `bit` around it. */
export interface BotSeam {
  readonly program: SandboxProgram;
  /** Where it is installed. */
  readonly folder: string;
  readonly bundled: readonly Plugin[];
  /** What the words of a command line name; undefined for none of the core's. */
  commandOf(words: readonly string[]): CommandFacts | undefined;
  /** Every command of the core. */
  commands(): readonly CommandFacts[];
  /** The shim that is `bit` in a shell bot's room. */
  readonly shim: string;
}

/** The capability a bot needs for a command: `repo:commit`, `query:status`. */
export function capabilityFor({ command, kind, action }: CommandFacts): string {
  const name = kind === 'query' ? `query.${command}` : (action ?? command);
  return name.replaceAll('.', ':');
}
