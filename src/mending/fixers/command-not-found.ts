import { posix } from 'node:path';
import { printable } from '../../kernel/text.ts';
import type { Bench, Evidence, FailedStep, Finding, Fixer } from '../model.ts';
import { OTHER_NAMES, PACKAGES } from '../packages.ts';
import { complaintsOf, editScript, replaceCommand, type ScriptPlace, stepBefore } from '../script-edit.ts';
import { evidenceOf } from './evidence.ts';

/** As bash, dash, busybox, env, Node, make and npm's shell say it. */
const SAID = /not found|No such file or directory|ENOENT/;
const NAMED = [
  /^(?<name>[^\s:'"`]{1,200}): (?:command )?not found$/,
  /^(?<name>(?:\.{0,2}\/)?[^\s:'"`]{1,200}): No such file or directory$/,
  /^(?:\/usr\/bin\/)?env: ['‘](?<name>[\w.+-]{1,100})['’]: No such file or directory$/,
  /\bspawn (?<name>[^\s:'"`]{1,200}) ENOENT\b/,
  /^make(?:\[\d{1,3}\])?: (?<name>[^\s:'"`]{1,200}): No such file or directory$/,
];

type Missing = ScriptPlace & { readonly at: number; readonly name: string };

/** A program that is called and is not there: another name of it, the file in the tree, or the package that brings it. */
export const commandNotFound: Fixer = {
  name: 'command-not-found',
  title: 'a program that is not there',
  async detect(failure: FailedStep, bench: Bench): Promise<readonly Finding[]> {
    const found: Finding[] = [];
    const seen = new Set<string>();
    for (const complaint of await complaintsOf(failure, bench, SAID)) {
      const name = NAMED.map((pattern) => pattern.exec(complaint.says)?.groups?.['name']).find(
        (one) => one !== undefined,
      );
      if (name === undefined || seen.has(name) || seen.size > 10) continue;
      seen.add(name);
      found.push(...(await ofOne(failure, bench, { ...complaint, name })));
    }
    return found;
  },
};

async function ofOne(failure: FailedStep, bench: Bench, missing: Missing): Promise<readonly Finding[]> {
  const { name, at } = missing;
  const said = evidenceOf(failure, at);
  const known = await fromTree(failure, bench, missing);
  if (name.includes('/')) return known;
  const found = [
    ...known,
    ...(await fromPackages(failure, bench, missing)),
    ...(await byOtherName(failure, bench, missing)),
  ];
  if (found.length > 0) return found;
  const debian = PACKAGES[name];
  if (debian === undefined && !/^[\w.+-]{2,60}$/.test(name)) return [];
  // a word that only some program's own text says is not found
  if (debian === undefined && failure.exit !== 127) return [];
  return [
    {
      ...finding(
        `${printable(name)} is not installed where the step runs`,
        [said],
        debian === undefined ? 0.4 : 0.8,
      ),
      changes: null,
      advice:
        debian === undefined
          ? `install ${printable(name)}, or add a step that does`
          : `add a step before it: sudo apt-get update && sudo apt-get install -y ${debian}`,
    },
  ];
}

function finding(
  cause: string,
  evidence: readonly Evidence[],
  confidence: number,
): Omit<Finding, 'changes' | 'advice'> {
  return { fixer: 'command-not-found', cause, evidence, confidence };
}

const SEARCHED = 20;

/** A file of the tree that is meant: here without its `./`, or somewhere else. */
async function fromTree(failure: FailedStep, bench: Bench, missing: Missing): Promise<readonly Finding[]> {
  const { name, at } = missing;
  const base = posix.basename(name);
  if (base === '' || /[*?[\]{}!]/.test(base)) return [];
  const names = /\.[a-z0-9]{1,5}$/i.test(base) ? [base] : [base, `${base}.sh`, `${base}.py`, `${base}.js`];
  const all = await bench.list(names.flatMap((one) => [one, `**/${one}`]));
  const files = all
    .filter((path) => !/(?:^|\/)(?:node_modules|vendor|\.venv)\//.test(path))
    .slice(0, SEARCHED);
  const found: Finding[] = [];
  for (const path of files) {
    const content = await bench.read(path);
    const program =
      content !== undefined &&
      (content.subarray(0, 2).toString('latin1') === '#!' || (await bench.mode(path)) === '100755');
    if (!program || content === undefined || (name.includes('/') && inWorking(failure, name) === path))
      continue;
    const relative = posix.relative(failure.workingDirectory, path);
    const word = relative.startsWith('../') ? relative : `./${relative}`;
    const edit = await editScript(failure, bench, missing, (line) => {
      const made = replaceCommand(line, name, word);
      return made === undefined ? undefined : [made];
    });
    if (edit === undefined) continue;
    const executable = (await bench.mode(path)) === '100755';
    found.push({
      ...finding(
        `${printable(name)} is called, and the program is ${path}`,
        [evidenceOf(failure, at), edit.place, { file: path, line: 1, text: 'a program of the tree' }],
        files.length === 1 ? 0.9 : 0.5,
      ),
      changes: [edit.change, ...(executable ? [] : [{ path, content, mode: '100755' as const }])],
      advice: `call it ${word}`,
    });
    if (found.length >= 3) break;
  }
  return found;
}

function inWorking({ workingDirectory }: FailedStep, name: string): string {
  return posix.normalize(posix.join(workingDirectory, name));
}

/** A program that a package of package.json brings: there, or to be installed by a step before. */
async function fromPackages(
  failure: FailedStep,
  bench: Bench,
  missing: Missing,
): Promise<readonly Finding[]> {
  const { name, at } = missing;
  const folder = failure.workingDirectory === '.' ? '' : `${failure.workingDirectory}/`;
  const source = await packageOf(bench, folder, name);
  if (source === undefined) return [];
  const said = evidenceOf(failure, at);
  const evidence = [said, { file: source.path, text: `${source.package} brings it` }];
  const cause = `${printable(name)} is a program of the package ${source.package}, which is no command of the shell's own`;
  const found: Finding[] = [];
  // inside an npm script the folder of programs is on the path already: it is the packages that are not there
  const direct = await editScript(failure, bench, missing, (line) => {
    const made = replaceCommand(line, name, `npx ${name}`);
    return made === undefined ? undefined : [made];
  });
  if (direct !== undefined)
    found.push({
      ...finding(cause, [...evidence, direct.place], 0.9),
      changes: [direct.change],
      advice: `call it: npx ${name}`,
    });
  const locked = (await bench.read(`${folder}package-lock.json`)) !== undefined;
  const install = await stepBefore(failure, bench, locked ? 'npm ci' : 'npm install');
  if (install !== undefined && !/\bnpm (?:ci|i|install)\b/.test(failure.command ?? '')) {
    const both = direct === undefined ? undefined : await bothOf(failure, bench, missing, locked);
    found.push({
      ...finding(
        `${cause.replace(/, which.*/, '')}, and no step installs the packages`,
        [...evidence, install.place],
        0.7,
      ),
      changes: [both ?? install.change],
      advice: `add a step before it: ${locked ? 'npm ci' : 'npm install'}; to try it here: --network host`,
    });
  }
  return found;
}

async function bothOf(failure: FailedStep, bench: Bench, missing: Missing, locked: boolean) {
  const edited = await editScript(failure, bench, missing, (line) => {
    const made = replaceCommand(line, missing.name, `npx ${missing.name}`);
    return made === undefined ? undefined : [`${locked ? 'npm ci' : 'npm install'}`, made];
  });
  return edited?.change;
}

async function packageOf(
  bench: Bench,
  folder: string,
  name: string,
): Promise<{ readonly package: string; readonly path: string } | undefined> {
  const lock = await parsed(bench, `${folder}package-lock.json`);
  for (const [place, facts] of Object.entries(lock?.['packages'] ?? {}).slice(0, 50_000)) {
    if (!place.startsWith('node_modules/')) continue;
    const { bin } = facts as { bin?: unknown };
    const own = place.slice(place.lastIndexOf('node_modules/') + 13);
    const names =
      typeof bin === 'string'
        ? [own.replace(/^@[^/]*\//, '')]
        : typeof bin === 'object' && bin !== null
          ? Object.keys(bin)
          : [];
    if (names.includes(name)) return { package: printable(own), path: `${folder}package-lock.json` };
  }
  const manifest = await parsed(bench, `${folder}package.json`);
  const wanted = { ...(manifest?.['dependencies'] as object), ...(manifest?.['devDependencies'] as object) };
  const known = Object.keys(wanted).find(
    (one) => one === name || one.endsWith(`/${name}`) || one === BROUGHT[name],
  );
  if (known !== undefined) return { package: printable(known), path: `${folder}package.json` };
  return (await bench.mode(`${folder}node_modules/.bin/${name}`)) === undefined
    ? undefined
    : { package: name, path: `${folder}package.json` };
}

/** Programs whose package has another name. */
const BROUGHT: Readonly<Record<string, string>> = {
  tsc: 'typescript',
  ng: '@angular/cli',
  nest: '@nestjs/cli',
  vue: '@vue/cli',
  biome: '@biomejs/biome',
  changeset: '@changesets/cli',
  depcruise: 'dependency-cruiser',
  tsserver: 'typescript',
  playwright: '@playwright/test',
};

async function parsed(bench: Bench, path: string): Promise<Record<string, object | undefined> | undefined> {
  const bytes = await bench.read(path);
  if (bytes === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'));
    return typeof value === 'object' && value !== null
      ? (value as Record<string, object | undefined>)
      : undefined;
  } catch {
    return undefined;
  }
}

/** `python` where there is only `python3`, and the like, if the machine has the other one. */
async function byOtherName(failure: FailedStep, bench: Bench, missing: Missing): Promise<readonly Finding[]> {
  const found: Finding[] = [];
  for (const other of OTHER_NAMES[missing.name] ?? []) {
    const [program = ''] = other.split(' ');
    const { status } = await bench.tool(['sh', '-c', 'command -v "$1"', 'sh', program], { seconds: 20 });
    if (status !== 0) continue;
    const edit = await editScript(failure, bench, missing, (line) => {
      const made = replaceCommand(line, missing.name, other);
      return made === undefined ? undefined : [made];
    });
    if (edit === undefined) continue;
    found.push({
      ...finding(
        `there is no ${missing.name} here, and ${other} is the same`,
        [evidenceOf(failure, missing.at), edit.place],
        0.85,
      ),
      changes: [edit.change],
      advice: `call ${other}`,
    });
  }
  return found;
}
