import { join } from 'node:path';
import { isJsonObject } from '../kernel/json.ts';
import { isHeld } from '../kernel/lock.ts';
import type { Paper } from '../kernel/paper.ts';
import type { LedgerReader } from '../ledger/index.ts';
import type { Reader } from '../operation/index.ts';
import { declaredTriggers } from './adopt.ts';
import { FIRE } from './match.ts';
import { HOOKS_OF, type Trigger } from './model.ts';
import type { TriggerChange } from './set.ts';
import { readTriggers } from './store.ts';

export interface TriggerShown extends Trigger {
  /** Of its last firing, from the ledger. */
  readonly last: { readonly at: string; readonly ok: boolean; readonly run: string | null } | null;
}

export interface TriggerList {
  readonly triggers: readonly TriggerShown[];
  /** Names of those that `.bithub.yml` declares and this clone has not set. */
  readonly declared: readonly string[];
  /** A `bit trigger run` watches for what hooks don't tell of. */
  readonly running: boolean;
}

export function listTriggers(reader: Reader): TriggerList {
  const triggers = readTriggers(reader.stateDirectory);
  const last = lastFirings(reader.ledger, triggers);
  return {
    triggers: triggers.map((trigger) => ({ ...trigger, last: last.get(trigger.name) ?? null })),
    declared: undeclared(reader, triggers),
    running: isHeld(join(reader.stateDirectory, 'triggers', 'runner')),
  };
}

function undeclared({ repository }: Reader, triggers: readonly Trigger[]): readonly string[] {
  const root = repository?.root;
  const names = root === undefined ? [] : declaredTriggers(root).map(({ name = '' }) => name);
  return names.filter((name) => !triggers.some((trigger) => trigger.name === name));
}

/** Firings looked back through. */
const MOST = 500;

function lastFirings(
  ledger: LedgerReader,
  triggers: readonly Trigger[],
): ReadonlyMap<string, NonNullable<TriggerShown['last']>> {
  const found = new Map<string, NonNullable<TriggerShown['last']>>();
  if (triggers.length === 0) return found;
  for (const intent of ledger.entries({ event: FIRE, phase: 'intent', newestFirst: true, limit: MOST })) {
    const target = intent.payload?.['target'];
    const name = isJsonObject(target) ? target['trigger'] : undefined;
    if (typeof name !== 'string' || found.has(name)) continue;
    for (const { payload, ts } of ledger.entries({ op: intent.op, phase: 'outcome' })) {
      const result = payload?.['result'];
      const run = isJsonObject(result) ? result['run'] : undefined;
      found.set(name, { at: ts, ok: payload?.['ok'] === true, run: typeof run === 'string' ? run : null });
    }
    if (found.size === triggers.length) break;
  }
  return found;
}

export function renderTriggers({ triggers, running, declared }: TriggerList, page: Paper): void {
  if (declared.length > 0)
    page.line(
      page.safe(`declared by .bithub.yml, and not set here until bit trigger adopt: ${declared.join(', ')}`),
    );
  if (triggers.length === 0) {
    page.line('No triggers. Set one with: bit trigger on commit <workflow>');
    return;
  }
  page.table(
    triggers.map((trigger) => [
      trigger.name,
      trigger.on.join(', '),
      page.safe(trigger.workflow),
      page.safe(narrowing(trigger)),
      trigger.last === null
        ? page.style.dim('never ran')
        : `${trigger.last.ok ? page.style.green('succeeded') : page.style.red('failed')} ${trigger.last.at}`,
    ]),
  );
  const needs = triggers.some(({ on }) => on.some((event) => HOOKS_OF[event] === undefined));
  if (needs && !running)
    page.line(page.style.yellow('files, ledger events and webhooks are watched by: bit trigger run'));
}

function narrowing({ branches, tags, paths, kinds, condition }: Trigger): string {
  const lists = [branches, tags, paths, kinds].flatMap((list) => (list.length === 0 ? [] : [list.join(' ')]));
  return [...lists, ...(condition === undefined ? [] : [`if ${condition}`])].join('; ');
}

export function renderSet({ trigger, hooks, runner, removed }: TriggerChange, page: Paper): void {
  const what = `${page.safe(trigger.workflow)} on ${trigger.on.join(', ')}`;
  page.line(removed ? `trigger ${trigger.name} is gone: ${what}` : `trigger ${trigger.name}: ${what}`);
  if (hooks.length > 0) page.line(page.style.dim(`  git hooks: ${hooks.join(', ')}`));
  if (runner) page.line(page.style.dim('  watched for while bit trigger run runs'));
}
