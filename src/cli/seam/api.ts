/** What a plugin's `import … from '@bithub/cli'` finds: the public interface of the `bit` that runs it. */
import type { Seam } from '../host-modules.ts';

const { api } = (globalThis as unknown as { [key: symbol]: Seam })[Symbol.for('bithub.cli.seam/1')] as Seam;

export const { API_VERSION, Args, BitError, Flags, Query, action, ago, count } = api;
