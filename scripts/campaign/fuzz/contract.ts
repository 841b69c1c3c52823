/** ALN: what reads as a contract is compiled to Rego, and that is loaded. */
import { compileContract, readContract } from '../../../src/contract/index.ts';
import { loadPolicySet } from '../../../src/policy/index.ts';
import { contract as template } from '../../../src/templates/bit-folder.ts';
import { mutateText, several } from './mutate.ts';
import type { Target } from './target.ts';

const WORDS: readonly string[] = [
  ...['CONTRACT', 'SCOPE', '[DENY]', '[APPROVAL]', '[REQUIRE]', 'ACTION: *', 'NEEDS: 99', 'X_A: 1'],
  ...['user "', '[DENY x', 'ALLOW', 'BRANCH: a/*/**', 'OF: a, b', 'FORCE: maybe', ' #', '\n[', '\n'],
];

export const contract: Target = {
  name: 'aln',
  corpus: 'test/contract/corpus',
  ending: 'aln',
  encoding: 'utf8',
  most: 2000,
  seeds: () => [template()],
  mutate: (pool, dice) =>
    several(pool[dice.below(pool.length)] ?? '', 6, dice, (text) => {
      if (dice.below(3) > 0) return mutateText(text, pool, dice);
      const at = dice.below(text.length + 1);
      return text.slice(0, at) + (WORDS[dice.below(WORDS.length)] ?? '') + text.slice(at);
    }),
  examine: (text, tally) => {
    const { contract: found, diagnostics } = readContract(text);
    const lines = text.split(/\r\n|\n|\r/);
    const outside = diagnostics.find(({ line, column }) => line < 1 || line > lines.length || column < 1);
    if (outside !== undefined) return `a place outside the text: ${outside.line}:${outside.column}`;
    if (found === undefined) return undefined;
    tally('contracts');
    const set = loadPolicySet([{ path: 'c.aln.rego', text: compileContract(found, 'c.aln') }]);
    return set.problems.length > 0 ? `its Rego doesn't load: ${set.problems[0]?.message}` : undefined;
  },
};
