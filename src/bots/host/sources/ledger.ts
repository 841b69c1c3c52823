import { isJsonObject, type Json, type JsonObject } from '../../../kernel/json.ts';
import { type Entry, eventFacts, type LedgerReader } from '../../../ledger/index.ts';
import { movesOf } from '../../../operation/index.ts';
import { isBotWork } from '../../elsewhere/task.ts';
import type { Happening } from '../match.ts';
import { type Found, type Looking, type Source, wanted } from './source.ts';

/** Entries of one look. */
const BATCH = 500;
/** What hosts do themselves is no event. */
const OWN = new Set(['BOT_RUN', 'READ_DENIED', 'BOT_REFUSED']);

/**
 * The ledger, every chain in the order of its entries: outcomes and denials as `ledger`, and those of runs as `workflow`
 * too. Where a chain was never read it begins with what came after the first of the bots was deployed.
 */
export const ledgerSource: Source = async (looking) => {
  if (!wanted(looking, 'ledger') && !wanted(looking, 'workflow')) return skip(looking);
  const { ledger } = looking.reader;
  const happenings: Happening[] = [];
  const cursors: Record<string, Json> = {};
  let read = 0;
  let more = false;
  for (const { chain, entries } of ledger.chains()) {
    const name = `ledger:${chain}`;
    const known = looking.cursor(name);
    const from = typeof known === 'number' ? known : startOf(looking, chain, entries);
    let seq = from;
    for (; seq < entries && read < BATCH; seq++, read++) {
      const entry = ledger.at(chain, seq);
      if (entry !== undefined) happenings.push(...happeningsOf(looking, entry));
    }
    more ||= seq < entries;
    if (seq !== known) cursors[name] = seq;
  }
  return { happenings, cursors, more };
};

/** Nobody asks for it: what comes meanwhile is for no bot, and none that comes later hears of it. */
function skip({ reader, cursor }: Looking): Found {
  const cursors: Record<string, Json> = {};
  for (const { chain, entries } of reader.ledger.chains())
    if (cursor(`ledger:${chain}`) !== undefined) cursors[`ledger:${chain}`] = entries;
  return { happenings: [], cursors };
}

/** From the end back to what was there when the first bot was deployed. */
function startOf({ reader: { ledger }, bots, since }: Looking, chain: string, entries: number): number {
  const first = Math.min(...bots.map(since));
  let seq = entries;
  while (seq > 0) {
    const entry = ledger.at(chain, seq - 1);
    if (entry !== undefined && Date.parse(entry.ts) < first) break;
    seq -= 1;
  }
  return seq;
}

function happeningsOf({ reader }: Looking, entry: Entry): readonly Happening[] {
  const { chain, seq, event, phase, ts, op, payload } = entry;
  if (phase !== 'outcome' && phase !== 'denied') return [];
  if (OWN.has(event) || ofBots(entry) || handlesEvent(reader.ledger, entry)) return [];
  const facts = eventFacts(entry);
  const moves = movesOf(payload?.['moved'] ?? null);
  const branches = moves.flatMap(({ ref }) => (ref.startsWith('refs/heads/') ? [ref.slice(11)] : []));
  const found: Happening[] = [
    {
      id: `ledger:${chain}/${seq}`,
      ...{ event: 'ledger', kind: event, ts, operation: op, branches },
      facts: { ...facts, branches },
      paths: () => pathsOf(reader, moves),
    },
  ];
  const run = phase === 'outcome' ? runOf(reader.ledger, entry) : undefined;
  if (run !== undefined) found.push(run);
  return found;
}

/** Tokens that hosts mint for their bots. */
function ofBots({ event, payload }: Entry): boolean {
  const result = payload?.['result'];
  return event === 'TOKEN_MINT' && isJsonObject(result) && String(result['sub']).startsWith('bot:');
}

/** A runner of this clone's did what a host sent it. */
function handlesEvent(ledger: LedgerReader, { event, phase, chain, op, payload }: Entry): boolean {
  if (event !== 'JOB_EXECUTE') return false;
  const target = phase === 'denied' ? payload?.['target'] : targetOf(ledger, chain, op);
  const task = isJsonObject(target) ? target['task'] : undefined;
  return isJsonObject(task) && isBotWork(task['workflow']);
}

/** A run of a workflow that ended, or waits. */
function runOf(ledger: LedgerReader, entry: Entry): Happening | undefined {
  const { chain, seq, ts, op, payload } = entry;
  const result = payload?.['result'];
  if (!isJsonObject(result)) return undefined;
  const { run, result: end, workflow } = result;
  if (typeof run !== 'string' || typeof end !== 'string' || typeof workflow !== 'string') return undefined;
  const kind = end === 'failure' ? 'failed' : end === 'waiting' ? 'waiting' : 'finished';
  const target = targetOf(ledger, chain, op);
  const text = (member: string): readonly string[] =>
    typeof target[member] === 'string' ? [target[member]] : [];
  const branch = text('branch')[0] ?? null;
  const names = [workflow, ...text('workflow'), ...text('path')];
  return {
    id: `workflow:${run}/${seq}`,
    ...{ event: 'workflow', kind, ts, operation: op },
    ...(kind === 'failed' ? { also: ['finished'] } : {}),
    branches: branch === null ? [] : [branch],
    workflows: [...names, ...names.map((name) => name.replace(/^.*\//, '').replace(/\.[a-z]+$/, ''))],
    facts: { ...target, ...result, op, branch, at: ts },
  };
}

function targetOf(ledger: LedgerReader, chain: string, op: string): JsonObject {
  for (const { payload } of ledger.entries({ chain, op, phase: 'intent', limit: 1 })) {
    const target = payload?.['target'];
    const repo = branchOf(payload);
    if (isJsonObject(target)) return repo === undefined ? target : { branch: repo, ...target };
  }
  return {};
}

/** The branch the operation was judged on. */
function branchOf(payload: JsonObject | undefined): string | undefined {
  const policy = payload?.['policy'];
  const facts = isJsonObject(policy) ? policy['facts'] : undefined;
  const repo = isJsonObject(facts) ? facts['repo'] : undefined;
  const branch = isJsonObject(repo) ? repo['branch'] : undefined;
  return typeof branch === 'string' ? branch : undefined;
}

async function pathsOf(
  { git }: Looking['reader'],
  moves: ReturnType<typeof movesOf>,
): Promise<readonly string[]> {
  const paths = new Set<string>();
  for (const { ref, from, to } of moves) {
    if (!ref.startsWith('refs/heads/') || to === null) continue;
    const list =
      from === null
        ? ['ls-tree', '-r', '-z', '--name-only', to]
        : ['diff-tree', '-r', '-z', '--no-renames', '--name-only', from, to];
    for (const path of (await git.read(list)).stdout.split('\0')) if (path !== '') paths.add(path);
  }
  return [...paths];
}
