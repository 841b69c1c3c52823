import type { Reader } from '../operation/index.ts';
import type { Extensions, Plugin, TrustRoot } from '../plugins/index.ts';
import type { Context, ContextOptions } from './context.ts';
import { type Io, processIo } from './io.ts';
import type { CommandTable } from './table.ts';

/** This `bit` as it lies on disk. */
export interface Installation {
  /** The package's folder. */
  readonly root: string;
  readonly version: string;
  /** What was built, `dist`; absent where nothing was. */
  readonly dist?: string;
  /** Digest of the code that was built; absent where nothing was. */
  readonly build?: string;
  /** Runs from its sources, nothing built. */
  readonly development: boolean;
  /** The core's commands. */
  readonly table: CommandTable;
  /** Plugins that come with it beside those of `plugins/`. */
  readonly bundled?: readonly Plugin[];
  /** Whom the builds of packages are checked against; default: Sigstore's public instance. */
  readonly trustRoot?: TrustRoot;
}

/**
 * What every command of this process shares, bundled or from a plugin: it hangs on a registered symbol, so that a
 * plugin's own copy of the package finds the host's gate and ledger, never a second one.
 */
export interface Host {
  readonly io: Io;
  /** Operation the current command runs inside of (a script's), or undefined. */
  readonly parent: string | undefined;
  /** Context to use instead of opening one (nested commands share the caller's). */
  readonly context: ((options: ContextOptions) => Promise<Context>) | undefined;
  /** Undefined where a command class is run without its program. */
  readonly installation: Installation | undefined;
  /** What plugins bring; absent where no program is around. */
  readonly extensions?: (
    reader: Pick<Reader, 'env' | 'userDirectory' | 'configDirectory'>,
  ) => Promise<Extensions>;
  /** Lets what a plugin in this folder imports of `bit` be this very program's; absent where no program is around. */
  readonly shareModules?: (directory: string) => Promise<void>;
}

const KEY = Symbol.for('bithub.cli.host/1');
const holder = globalThis as { [KEY]?: Host };

export function host(): Host {
  holder[KEY] ??= { io: processIo(), parent: undefined, context: undefined, installation: undefined };
  return holder[KEY];
}

/** Runs `inside` with another host (tests; commands within a script), then puts the old one back. */
export async function withHost<Result>(
  replacement: Partial<Host>,
  inside: () => Promise<Result>,
): Promise<Result> {
  const outer = host();
  holder[KEY] = { ...outer, ...replacement };
  try {
    return await inside();
  } finally {
    holder[KEY] = outer;
  }
}
