import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { shorten } from '../../kernel/text.ts';
import type { Bench, Change, Evidence, FailedStep, Finding, Fixer } from '../model.ts';
import { WorkflowText } from '../workflow-text.ts';
import { evidenceOf, inTree } from './evidence.ts';

/** How runtimes say it; the port is in it, or on one of the next lines. */
const TAKEN = [
  /\bEADDRINUSE\b/,
  /\bAddress already in use\b/i,
  /\bport is already allocated\b/,
  /\b[Pp]ort \d{1,5} is (?:already )?(?:in use|occupied|used)\b/,
  /\bkind: AddrInUse\b/,
  /\bOnly one usage of each socket address\b/,
];
const PORT = [
  /(?::|\bport[ :=]{1,3})(\d{2,5})\b(?![:.\d])/i,
  /\bport is already allocated\b.{0,80}?:(\d{2,5})\b/,
];
/** What people write: sources, tests and configuration; not what is locked or built. */
const TREE = [
  '**/*.{js,mjs,cjs,ts,mts,cts,jsx,tsx,py,go,rs,rb,java,kt,php,sh,bash}',
  '**/*.{json,yml,yaml,toml,ini,cfg,conf,env,properties}',
  '**/{.env,.env.test,Makefile,Procfile,Dockerfile}',
];
const NEVER =
  /(?:^|\/)(?:node_modules|vendor|dist|build|target)\/|(?:^|\/)(?:package-lock\.json|pnpm-lock\.yaml|yarn\.lock|Cargo\.lock)$/;
const MOST_FILES = 3000;

interface Place {
  readonly path: string;
  readonly line: number;
  readonly text: string;
}

/** A port that something listens on already: another one, or none in particular. */
export const portInUse: Fixer = {
  name: 'port-in-use',
  title: 'a port is in use already',
  async detect(failure: FailedStep, bench: Bench): Promise<readonly Finding[]> {
    const lines = failure.log.split('\n', 6000);
    const at = lines.findIndex((line) => line.length < 2000 && TAKEN.some((one) => one.test(line)));
    if (at < 0) return [];
    const port = portOf(lines, at) ?? (await portInSource(failure, bench));
    const said = evidenceOf(failure, at);
    if (port === undefined)
      return [finding('a port that a program wants is in use', [said], null, 'see what listens: ss -ltnp')];
    const places = await placesOf(port, bench);
    const holder = holderOf(port);
    const evidence: Evidence[] = [
      said,
      ...places.slice(0, 6).map(({ path, line, text }) => ({ file: path, line, text })),
      ...(holder === undefined
        ? []
        : [{ text: `now process ${holder} listens on port ${port} of this machine` }]),
    ];
    const cause = `port ${port} is in use already`;
    const advice =
      holder === undefined
        ? `see what listens on it: ss -ltnp 'sport = :${port}'; or let the program take a free port (0)`
        : `end process ${holder}, or let the program take a free port (0)`;
    const found: Finding[] = [];
    for (const zero of await anyPort(failure, bench, port, places))
      found.push(finding(cause, evidence, zero, advice, 0.8));
    const other = await otherPort(failure, port, places, bench);
    if (other !== undefined)
      found.push(finding(cause, [...evidence, { text: other.text }], other.changes, advice, 0.5));
    return found.length > 0 ? found : [finding(cause, evidence, null, advice)];
  },
};

function finding(
  cause: string,
  evidence: readonly Evidence[],
  changes: readonly Change[] | null,
  advice: string,
  confidence = 0.8,
): Finding {
  return { fixer: 'port-in-use', cause, evidence, confidence, changes, advice };
}

function portOf(lines: readonly string[], at: number): number | undefined {
  for (const line of lines.slice(at, at + 25)) {
    const text = line.slice(0, 1000);
    const [, named] = /^\s*port: (\d{2,5}),?$/.exec(text) ?? [];
    // a stack's places are no ports
    if (named === undefined && /^\s*at /.test(text)) continue;
    for (const pattern of named === undefined ? PORT : []) {
      const value = Number(pattern.exec(text)?.[1] ?? 0);
      if (value > 0 && value < 65_536) return value;
    }
    if (named !== undefined) return Number(named);
  }
  return undefined;
}

/** Where the tree says the number. */
async function placesOf(port: number, bench: Bench): Promise<readonly Place[]> {
  const wanted = new RegExp(`(?<![\\d.])${port}(?![\\d.])`);
  const found: Place[] = [];
  for (const path of (await bench.list(TREE)).filter((one) => !NEVER.test(one)).slice(0, MOST_FILES)) {
    const bytes = await bench.read(path);
    if (bytes === undefined || bytes.length > 1 << 20 || !bytes.includes(String(port))) continue;
    for (const [at, line] of bytes.toString('utf8').split('\n').entries())
      if (line.length < 2000 && wanted.test(line))
        found.push({ path, line: at + 1, text: shorten(line.trim(), 120) });
    if (found.length > 100) break;
  }
  return found;
}

/** A listen call of a number, and `PORT: 3000` of a workflow whose program reads it. */
const LISTENS =
  /(\blisten\(\s*|\bport:\s*|\.bind\(\(\s*[^,()]{1,60},\s*|\bListen(?:AndServe)?\([^)]{0,40}:)(\d{2,5})\b/;

/**
 * Port 0, for which the system takes a free one: where a program that asks which port it got says the number itself,
 * or where the workflow gives it in an environment variable.
 */
async function anyPort(
  failure: FailedStep,
  bench: Bench,
  port: number,
  places: readonly Place[],
): Promise<readonly (readonly Change[])[]> {
  const workflow = await WorkflowText.read(failure.workflow.path, bench);
  const inWorkflow = places.filter(({ path }) => path === failure.workflow.path);
  if (workflow !== undefined && inWorkflow.length > 0 && inWorkflow.length === places.length) {
    const edits = envScalars(workflow, failure).flatMap((scalar) => {
      if (String(scalar.value) !== String(port)) return [];
      return workflow.within(scalar, String(port), '0') ?? [];
    });
    return edits.length === inWorkflow.length ? [[workflow.change(edits)]] : [];
  }
  const stacked = placesInStack(failure).map(({ path }) => path);
  const found: (readonly Change[])[] = [];
  for (const call of places.filter(
    ({ path, text }) => isCall(text, port) && (stacked.length === 0 || stacked.includes(path)),
  )) {
    const text = (await bench.read(call.path))?.toString('utf8') ?? '';
    // who asks for the port it got can do with any
    if (!/\.address\(\)|getsockname\(|\.Addr\(\)|server_address\[1\]|local_addr\(\)/.test(text)) continue;
    const lines = text.split('\n');
    const line = lines[call.line - 1] ?? '';
    lines[call.line - 1] = line.replace(LISTENS, (_whole, before: string) => `${before}0`);
    found.push([{ path: call.path, content: Buffer.from(lines.join('\n')) }]);
  }
  return found;
}

function isCall(line: string, port: number): boolean {
  return LISTENS.exec(line)?.[2] === String(port);
}

function envScalars(workflow: WorkflowText, failure: FailedStep) {
  const found = workflow.find(failure);
  return [
    workflow.at(found?.step, 'env'),
    workflow.at(found?.job, 'env'),
    workflow.at(workflow.root, 'env'),
  ].flatMap((env) => workflow.members(env).flatMap(({ value }) => workflow.scalar(value) ?? []));
}

/** Places in the tree that the log's stack names. */
function placesInStack(failure: FailedStep): readonly { readonly path: string; readonly line: number }[] {
  const found: { path: string; line: number }[] = [];
  for (const text of failure.log.split('\n', 6000)) {
    const [, named, one, two] = STACKED.exec(text.slice(0, 1000)) ?? [];
    const path = named === undefined ? undefined : inTree(failure, named);
    if (path !== undefined && found.length < 100) found.push({ path, line: Number(one ?? two) });
  }
  return found;
}

const STACKED = /(?:\(|\bat |File ")(?:file:\/\/)?(\/[^\s():"]{1,400})(?::(\d{1,7})|", line (\d{1,7}))/;

/** Some runtimes name no port: it stands where the stack points. */
async function portInSource(failure: FailedStep, bench: Bench): Promise<number | undefined> {
  for (const { path, line } of placesInStack(failure).toReversed()) {
    const text = (await bench.read(path))?.toString('utf8').split('\n')[line - 1] ?? '';
    const port = Number(LISTENS.exec(text.slice(0, 1000))?.[2] ?? 0);
    if (port > 0 && port < 65_536) return port;
  }
  return undefined;
}

/** Two programs of the tree want the same port: the one that came second, which the stack names, gets another. */
async function otherPort(
  failure: FailedStep,
  port: number,
  places: readonly Place[],
  bench: Bench,
): Promise<{ readonly changes: readonly Change[]; readonly text: string } | undefined> {
  const stacked = placesInStack(failure).map(({ path }) => path);
  const own = [...new Set(places.map(({ path }) => path))].filter((path) => stacked.includes(path));
  const rival = places.find(({ path, text }) => !stacked.includes(path) && isCall(text, port));
  if (own.length === 0 || rival === undefined) return undefined;
  let free = port + 1;
  while (free < port + 200 && (holderOf(free) !== undefined || (await placesOf(free, bench)).length > 0))
    free++;
  const changes: Change[] = [];
  for (const path of own) {
    const text = (await bench.read(path))?.toString('utf8') ?? '';
    const put = text.replace(new RegExp(`(?<![\\d.])${port}(?![\\d.])`, 'g'), String(free));
    changes.push({ path, content: Buffer.from(put) });
  }
  return { changes, text: `${rival.path}:${rival.line} listens on it too; ${free} is nowhere in the tree` };
}

/** The process that listens on a port of this machine, `1234 (node)`; undefined where the system doesn't tell. */
function holderOf(port: number): string | undefined {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  const inodes = new Set<string>();
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    try {
      for (const row of readFileSync(table, 'utf8').split('\n')) {
        const columns = row.trim().split(/\s+/);
        if (columns[1]?.endsWith(`:${hex}`) === true && columns[3] === '0A') inodes.add(columns[9] ?? '');
      }
    } catch {
      // not this system's way to tell
    }
  }
  if (inodes.size === 0) return undefined;
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      for (const file of readdirSync(`/proc/${pid}/fd`)) {
        const [, inode = ''] = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${file}`)) ?? [];
        if (inodes.has(inode)) return `${pid} (${readFileSync(`/proc/${pid}/comm`, 'utf8').trim()})`;
      }
    } catch {
      // it ended, or is somebody else's
    }
  }
  return undefined;
}
