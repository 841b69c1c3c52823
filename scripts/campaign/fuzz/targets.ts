import { contract } from './contract.ts';
import { entry } from './entry.ts';
import { languages } from './language.ts';
import { mesh } from './mesh.ts';
import { note } from './note.ts';
import { rego } from './rego.ts';
import type { Target } from './target.ts';
import { token } from './token.ts';

/** Everything that is fuzzed. */
export const targets: readonly Target[] = [rego, contract, note, token, entry, mesh, ...languages];
