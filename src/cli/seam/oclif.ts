/** What a plugin's `import … from '@oclif/core'` finds: the part of the host's oclif that commands are made of. */
import type { Seam } from '../host-modules.ts';

const { oclif } = (globalThis as unknown as { [key: symbol]: Seam })[Symbol.for('bithub.cli.seam/1')] as Seam;

export const { Args, Command, Errors, Flags, Parser } = oclif;
