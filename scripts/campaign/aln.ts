/**
 * Hostile contracts, for minutes on end: texts cut, spliced and doubled from good ones are read, and what reads is
 * compiled and loaded.
 *
 *     node scripts/campaign/aln.ts [--minutes N] [--seed N]     default: one minute
 *
 * Wrong is: anything thrown, a place outside the text, a text that takes long, and a contract whose Rego doesn't load.
 */
import { parseArgs } from 'node:util';
import { compileContract, readContract } from '../../src/contract/index.ts';
import { loadPolicySet } from '../../src/policy/index.ts';
import { contract as template } from '../../src/templates/bit-folder.ts';
import { type Random, random } from './random.ts';

const MOST_MILLISECONDS = 2000;
const SEEDS: readonly [string, ...string[]] = [
  template(),
  'CONTRACT: a\nSCOPE: bucket media\n[DENY x]\nACTION: repo.push, git.*\nBRANCH: release/*\nFORCE: true\nUSER: a@b\n',
  'CONTRACT: a\nSCOPE: user ada@x\n[APPROVAL]\nACTION: *\nNEEDS: 2\nOF: a, b, c\nOWN: false\nMESSAGE: "x \\u0041"\n',
  'CONTRACT: a\n[REQUIRE] # why\nACTION: *\nACCESS: true\nSIGNED: true\nTOKEN: false\nWORKFLOW: w\n',
];
const WORDS: readonly [string, ...string[]] = [
  '\n',
  ...[
    '\n',
    '\r',
    '[',
    ']',
    ':',
    '"',
    '\\',
    '#',
    ' #',
    ',',
    '*',
    '\u0000',
    '\u2028',
    '\ud800',
    '\uFEFF',
    '`',
    '{',
    '}',
  ],
  ...[
    'CONTRACT',
    'SCOPE',
    '[DENY]',
    '[APPROVAL]',
    '[REQUIRE]',
    'ACTION: *',
    'NEEDS: 99',
    'X_A: 1',
    'user "',
    '__proto__',
  ],
];

function mutate(text: string, dice: Random): string {
  let out = text;
  for (let n = dice.below(6) + 1; n > 0; n--) {
    const at = dice.below(out.length + 1);
    const end = Math.min(out.length, at + dice.below(40));
    const other = dice.pick(SEEDS);
    const cut = dice.below(other.length + 1);
    const put: readonly [string, ...string[]] = [
      dice.pick(WORDS),
      other.slice(cut, cut + dice.below(80)),
      out.slice(at, end).repeat(3),
      '',
    ];
    out = (out.slice(0, at) + dice.pick(put) + out.slice(dice.below(2) === 0 ? at : end)).slice(0, 20_000);
  }
  return out;
}

/** What is wrong with how this text is taken, or undefined. */
function wrongWith(text: string): string | undefined {
  const started = performance.now();
  const lines = text.split(/\r\n|\n|\r/);
  try {
    const { contract, diagnostics } = readContract(text);
    const outside = diagnostics.find(({ line, column }) => line < 1 || line > lines.length || column < 1);
    if (outside !== undefined) return `a place outside the text: ${outside.line}:${outside.column}`;
    if (contract !== undefined) {
      const set = loadPolicySet([{ path: 'c.aln.rego', text: compileContract(contract, 'c.aln') }]);
      if (set.problems.length > 0) return `its Rego doesn't load: ${set.problems[0]?.message}`;
    }
  } catch (error) {
    return `thrown: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
  }
  const took = performance.now() - started;
  return took > MOST_MILLISECONDS ? `took ${took.toFixed(0)} ms` : undefined;
}

const { values } = parseArgs({ options: { minutes: { type: 'string' }, seed: { type: 'string' } } });
const seed = Number(values.seed ?? Date.now() % 1_000_000);
const until = performance.now() + Number(values.minutes ?? 1) * 60_000;
const dice = random(seed);
let texts = 0;
let good = 0;
let failed = 0;
while (performance.now() < until && failed < 10) {
  const text = mutate(dice.pick(SEEDS), dice);
  texts += 1;
  if (readContract(text).contract !== undefined) good += 1;
  const wrong = wrongWith(text);
  if (wrong === undefined) continue;
  failed += 1;
  process.stdout.write(`FAIL ${wrong}\n${JSON.stringify(text)}\n`);
}
process.stdout.write(
  `seed ${seed}: ${texts} texts, ${good} of them contracts\n${texts - failed} passed, ${failed} failed\n`,
);
process.exitCode = failed === 0 ? 0 : 1;
