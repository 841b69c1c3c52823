import { posix } from 'node:path';
import { printable } from '../../kernel/text.ts';
import type { Bench, Evidence, FailedStep, Finding, Fixer } from '../model.ts';
import { complaintsOf, editScript, linesOf, setStepKey, setStepKeys, yamlText } from '../script-edit.ts';
import { WorkflowText } from '../workflow-text.ts';
import { evidenceOf } from './evidence.ts';

const NAME = '(?<name>[A-Z][A-Z0-9_]{1,60})';
/** As shells, Python, Ruby, Go and what people write themselves say it. */
const SAID = [
  new RegExp(`(?:^|: )${NAME}: (?:unbound variable|parameter not set|parameter null or not set)$`),
  new RegExp(`\\bKeyError: ['"]${NAME}['"]$`),
  new RegExp(`\\bkey not found: "${NAME}"`),
  new RegExp(
    `\\b(?:[Mm]issing|[Uu]nset|[Uu]ndefined|[Nn]o) (?:required )?(?:env(?:ironment)?(?: variable)?s?|variable|secret|config(?:uration)?)?:? ?['"\`$]?${NAME}\\b`,
  ),
  new RegExp(
    `\\b${NAME}['"\`]? (?:environment variable |env var )?(?:is |was |must be |has to be |needs to be )(?:not (?:set|defined|provided|configured)|required|missing|undefined|unset|set|defined|provided|empty)\\b`,
  ),
  new RegExp(`\\b(?:[Ee]nvironment variable|env var|[Ss]et) ['"\`$]?\\{?${NAME}\\b`),
  new RegExp(`(?:^|: )${NAME}: \\S.{0,200}$`),
];
const EXAMPLES = [
  '.env.example',
  '.env.sample',
  '.env.template',
  '.env.dist',
  'env.example',
  '.env.test',
  '.env.ci',
];
/** What belongs into no file of the tree. */
const SECRET =
  /TOKEN|SECRET|PASSW|PASSPHRASE|CREDENTIAL|PRIVATE|API_?KEY|ACCESS_?KEY|_KEY$|^KEY_|AUTH|_PAT$|_DSN$/;
/** What stands in an example for a value that everybody has to give. */
const PLACEHOLDER = /^$|change[-_ ]?me|your[-_ ]|<|\.\.\.|xxx|example\.com|replace|todo|secret/i;

/** A variable that a step needs and nobody sets. */
export const missingEnvironment: Fixer = {
  name: 'missing-environment',
  title: 'a variable or secret that is not set',
  async detect(failure: FailedStep, bench: Bench): Promise<readonly Finding[]> {
    const workflow = await WorkflowText.read(failure.workflow.path, bench);
    const found = new Map<string, Missing>();
    for (const [at, line] of linesOf(failure.log)) {
      for (const [index, pattern] of SAID.entries()) {
        const name = pattern.exec(line)?.groups?.['name'];
        if (name === undefined || found.has(name) || found.size >= 8) continue;
        // any word in capitals before a colon: only where the shell is asked for that variable
        if (
          index === SAID.length - 1 &&
          !asks(failure.command, name) &&
          !(await scriptAsks(bench, line, name))
        )
          continue;
        found.set(name, await missing(failure, bench, workflow, { name, at, plain: index < 3 }));
      }
    }
    return together(found, failure, bench);
  },
};

/** `${NAME:?why}`. */
function asks(text: string | null, name: string): boolean {
  return text?.includes(`\${${name}:?`) === true || text?.includes(`\${${name}?`) === true;
}

async function scriptAsks(bench: Bench, line: string, name: string): Promise<boolean> {
  const path = /^(?:\.\/)?(?<path>[\w./-]{1,200}): (?:line )?\d{1,6}: /.exec(line)?.groups?.['path'];
  const bytes = path === undefined ? undefined : await bench.read(path);
  return bytes !== undefined && bytes.length < 1 << 20 && asks(bytes.toString('utf8'), name);
}

async function missing(
  failure: FailedStep,
  bench: Bench,
  workflow: WorkflowText | undefined,
  { name, at, plain }: { readonly name: string; readonly at: number; readonly plain: boolean },
): Promise<Missing> {
  const said = evidenceOf(failure, at);
  const base = { fixer: 'missing-environment', cause: `nobody sets ${name}, which the step needs` };
  const value = (await fromExamples(failure, bench, name)) ?? elsewhere(workflow, failure, name);
  const evidence = value === undefined ? [said] : [said, value.evidence];
  const lacking = (confidence: number, advice: string): Missing => ({
    finding: { ...base, evidence, confidence, changes: null, advice },
    value: undefined,
  });
  if (SECRET.test(name))
    return lacking(
      plain ? 0.85 : 0.7,
      `keep it with: bit secret set ${name}; and give it to the step: env: { ${name}: \${{ secrets.${name} }} }`,
    );
  if (value === undefined) {
    const optional = await asOptional(failure, bench, name);
    if (optional === undefined) return lacking(plain ? 0.8 : 0.5, `give it to the step: env: { ${name}: … }`);
    return {
      finding: {
        ...{ ...base, evidence: [said, optional.place], confidence: 0.7 },
        cause: `${name} is only asked about, and a shell that takes no unset variable stops at it`,
        changes: [optional.change],
        advice: `write \${${name}:-}`,
      },
      value: undefined,
    };
  }
  const edit = await setStepKey(failure, bench, 'step', ['env', name], yamlText(value.value));
  return {
    finding: {
      ...{ ...base, evidence, confidence: plain ? 0.85 : 0.7 },
      changes: edit === undefined ? null : [edit.change],
      advice: `env: { ${name}: ${printable(value.value)} }`,
    },
    value: value.value,
  };
}

/** A script that stops at a variable nobody set, where all it wants to know is whether it has some value. */
async function asOptional(failure: FailedStep, bench: Bench, name: string) {
  const [place] = await complaintsOf(
    failure,
    bench,
    new RegExp(`: ${name}: (?:unbound variable|parameter not set)$`),
  );
  if (place?.line === undefined) return undefined;
  return editScript(failure, bench, place, (line) => {
    const asked = new RegExp(`(?:\\[\\[?|\\btest)\\s[^;&|]{0,200}\\$(?:${name}\\b|\\{${name}\\})`);
    if (!asked.test(line.slice(0, 1000))) return undefined;
    return [line.replace(new RegExp(`\\$(?:${name}\\b|\\{${name}\\})`, 'g'), () => `\${${name}:-}`)];
  });
}

/** A variable, and the value that would do. */
interface Missing {
  readonly finding: Finding;
  readonly value: string | undefined;
}

interface Value {
  readonly value: string;
  readonly evidence: Evidence;
}

async function fromExamples(failure: FailedStep, bench: Bench, name: string): Promise<Value | undefined> {
  return (await examples(failure, bench)).get(name);
}

const LINE = /^\s{0,20}(?:export )?(?<name>[A-Z][A-Z0-9_]{0,60})=(?<value>[^\n]{0,500})$/;

/** What the examples of the tree give, the nearest first; secrets and placeholders are no values. */
async function examples(failure: FailedStep, bench: Bench): Promise<ReadonlyMap<string, Value>> {
  const found = new Map<string, Value>();
  const folders = [...new Set([failure.workingDirectory, '.'])];
  for (const path of folders.flatMap((folder) =>
    EXAMPLES.map((file) => posix.normalize(posix.join(folder, file))),
  )) {
    const bytes = await bench.read(path);
    if (bytes === undefined || bytes.length > 1 << 18) continue;
    for (const [at, line] of bytes.toString('utf8').split('\n', 2000).entries()) {
      const { name, value } = (line.length > 600 ? null : LINE.exec(line.replace(/\r$/, '')))?.groups ?? {};
      const bare = value?.trim().replace(/^(["'])(.*)\1$/, '$2');
      if (name === undefined || bare === undefined || found.has(name)) continue;
      if (PLACEHOLDER.test(bare) || bare.includes('$')) continue;
      found.set(name, { value: bare, evidence: { file: path, line: at + 1, text: line.trim() } });
    }
  }
  return found;
}

/** What another step or job of the same file gives it. */
function elsewhere(workflow: WorkflowText | undefined, failure: FailedStep, name: string): Value | undefined {
  if (workflow === undefined) return undefined;
  const own = workflow.find(failure)?.step;
  for (const { node } of workflow.jobs()) {
    for (const owner of [node, ...workflow.steps(node)]) {
      const scalar = workflow.scalar(workflow.at(owner, 'env', name));
      if (owner === own || scalar === undefined) continue;
      return {
        value: String(scalar.value),
        evidence: { file: workflow.path, line: workflow.line(scalar), text: `${name} is set there` },
      };
    }
  }
  return undefined;
}

/** Variables set at once: a step tells one at a time, and needs all of them. */
const MOST_TOGETHER = 20;

/**
 * What sets all variables that were named, and what sets all that the examples know, as candidates of their own beside
 * each alone.
 */
async function together(
  missed: ReadonlyMap<string, Missing>,
  failure: FailedStep,
  bench: Bench,
): Promise<readonly Finding[]> {
  const alone = [...missed.values()].map(({ finding }) => finding);
  const named = new Map(
    [...missed].flatMap(([name, { value }]) => (value === undefined ? [] : [[name, value] as const])),
  );
  if (named.size === 0) return alone;
  const known = [...(await examples(failure, bench))].filter(([name]) => !SECRET.test(name));
  const all = new Map(
    [...named, ...known.map(([name, { value }]) => [name, value] as const)].slice(0, MOST_TOGETHER),
  );
  const evidence = alone.flatMap((finding) => finding.evidence);
  const found: Finding[] = [];
  for (const [values, confidence] of [
    [named, 0.8],
    [all, 0.6],
  ] as const) {
    if (values.size < 2 || (values === all && all.size === named.size)) continue;
    const change = await setStepKeys(failure, bench, 'env', values);
    if (change === undefined) continue;
    const names = [...values.keys()].join(', ');
    found.push({
      ...{
        fixer: 'missing-environment',
        cause: `nobody sets ${names}, which the step needs`,
        evidence,
        confidence,
        changes: [change],
      },
      advice: `give them to the step: env: { ${names} }`,
    });
  }
  return [...alone, ...found];
}
