import { posix } from 'node:path';
import { isJsonObject, type Json } from '../../kernel/json.ts';
import { nearest, printable, shorten } from '../../kernel/text.ts';
import { invocationsOf } from '../invocation.ts';
import type { Bench, Evidence, FailedStep, Finding, Fixer } from '../model.ts';
import { editCommand, linesOf } from '../script-edit.ts';
import { evidenceOf } from './evidence.ts';

const NAME = '(?<name>[\\w:.@/-]{1,200})';
/** As npm, pnpm, yarn and bun say it. */
const SCRIPT = [
  new RegExp(`\\b[Mm]issing script:? ["'\`]?${NAME}["'\`]?$`),
  new RegExp(`^error Command "${NAME}" not found\\.$`),
  new RegExp(`^(?:Usage Error: )?Couldn't find a script named "${NAME}"`),
  new RegExp(`^error: Script not found "${NAME}"$`),
];
const TARGET = [
  new RegExp(`^g?make(?:\\[\\d+\\])?: \\*\\*\\* No rule to make target ['\`‘]${NAME}['’]\\.  Stop\\.$`),
];

/** A script or a target that goes by another name. */
export const missingScript: Fixer = {
  name: 'missing-script',
  title: 'a script or a target is called by a name that nobody has',
  async detect(failure: FailedStep, bench: Bench): Promise<readonly Finding[]> {
    for (const [at, line] of linesOf(failure.log)) {
      const script = nameIn(line, SCRIPT);
      if (script !== undefined) return renamed(failure, bench, at, { name: script, of: 'package.json' });
      const target = nameIn(line, TARGET);
      if (target !== undefined) return renamed(failure, bench, at, { name: target, of: 'Makefile' });
    }
    return [];
  },
};

function nameIn(line: string, patterns: readonly RegExp[]): string | undefined {
  return patterns.map((one) => one.exec(line.trim())?.groups?.['name']).find((one) => one !== undefined);
}

interface Called {
  readonly name: string;
  readonly of: 'package.json' | 'Makefile';
}

async function renamed(
  failure: FailedStep,
  bench: Bench,
  at: number,
  { name, of }: Called,
): Promise<readonly Finding[]> {
  const program = of === 'Makefile' ? /^g?make$/ : /^(?:npm|pnpm|yarn|bun)$/;
  const callers = (await invocationsOf(failure, bench)).filter((one) => program.test(one.program));
  const folders = [...new Set([...callers.map(({ folder }) => folder), failure.workingDirectory])];
  for (const folder of folders) {
    const path = posix.join(folder, of);
    const text = (await bench.read(path))?.toString('utf8');
    if (text === undefined || text.length > 1 << 20) continue;
    const names = of === 'Makefile' ? targetsOf(text) : scriptsOf(text);
    // without what only joins words it may be the same name
    const plain = (one: string): string => one.replace(/[-_:. ]/g, '').toLowerCase();
    const same = names.filter((one) => plain(one) === plain(name));
    const meant = same.length === 1 ? same[0] : nearest(name, names, 1)[0];
    const where: Evidence = {
      file: path,
      text: `there are ${printable(shorten(names.slice(0, 30).join(', '), 300)) || 'none'}`,
    };
    const base = {
      fixer: 'missing-script',
      cause: `${path} has no ${of === 'Makefile' ? 'target' : 'script'} ${printable(name)}`,
      evidence: [evidenceOf(failure, at), where],
    };
    const edit = meant === undefined ? undefined : await call(failure, bench, name, meant);
    if (edit === undefined || meant === undefined)
      return [
        {
          ...base,
          confidence: 0.6,
          changes: null,
          advice: `write one called ${printable(name)}, or call another`,
        },
      ];
    return [
      {
        ...base,
        evidence: [...base.evidence, edit.place],
        confidence: same.length === 1 ? 0.85 : 0.65,
        changes: [edit.change],
        advice: `call ${printable(meant)}`,
      },
    ];
  }
  return [];
}

/** The name where the step's own script calls it. */
function call(failure: FailedStep, bench: Bench, name: string, meant: string) {
  const escaped = name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const word = new RegExp(
    `(\\b(?:npm|pnpm|yarn|bun|make|gmake)\\b[^\\n;&|]{0,200}?[ \\t])${escaped}(?=[\\s;&|)"']|$)`,
    'g',
  );
  return editCommand(failure, bench, (lines) =>
    lines.map((line) =>
      line.length > 2000 ? line : line.replace(word, (_all, before: string) => before + meant),
    ),
  );
}

function scriptsOf(text: string): readonly string[] {
  try {
    const parsed = JSON.parse(text) as Json;
    const scripts = isJsonObject(parsed) ? parsed['scripts'] : undefined;
    return scripts !== undefined && isJsonObject(scripts) ? Object.keys(scripts) : [];
  } catch {
    return [];
  }
}

function targetsOf(text: string): readonly string[] {
  return text
    .split('\n', 5000)
    .flatMap(
      (line) =>
        /^(?<names>[\w./-][\w./ -]{0,300}?)\s*:(?!=)/.exec(line)?.groups?.['names']?.split(/\s+/) ?? [],
    )
    .filter((name) => name !== '' && !name.startsWith('.'));
}
