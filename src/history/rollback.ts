import type { Oid, RefName } from '../git/index.ts';
import { BitError } from '../kernel/errors.ts';
import { nearest } from '../kernel/text.ts';
import {
  claimedBy,
  type Effect,
  type Image,
  type OperationRecord,
  operations,
  type Reader,
  requireOperation,
  restoreImage,
  SCOPES,
  sameFile,
  type Touches,
  type Writer,
} from '../operation/index.ts';
import { childrenOf, irreversibleOf, isRollback, moves, type Step, stepsOf } from './steps.ts';

export interface RollbackOptions {
  /** Take back what is local of operations that also left this clone. */
  readonly skipRemote: boolean;
}

export interface UndoneOperation {
  readonly op: string;
  readonly event: string;
  readonly summary: string;
}

export interface RollbackResult {
  readonly undone: readonly UndoneOperation[];
  /** What stays as it is because it left this clone. */
  readonly left: readonly string[];
}

/** The last `most` operations that changed something, newest first. */
export async function rollbackChain(
  reader: Reader,
  options: RollbackOptions & { readonly most: number | 'all' },
): Promise<Effect<RollbackResult>> {
  const found: OperationRecord[] = [];
  for (const record of undoable(reader)) {
    if (options.most !== 'all' && found.length >= options.most) break;
    found.push(record);
  }
  if (found.length === 0) throw nothingTo(reader, 'undo');
  if (options.most !== 'all' && found.length < options.most) {
    const there = found.length === 1 ? 'is only 1 operation' : `are only ${found.length} operations`;
    throw new BitError('not-found', `there ${there} to undo, not ${options.most}`, {
      hint: `bit rollback chain ${found.length}, or: bit rollback chain all`,
    });
  }
  return rollback(reader, found, options, 'undo');
}

/** One operation: by id, or the newest whose event is one of `events`. */
export async function rollbackOne(
  reader: Reader,
  options: RollbackOptions & {
    readonly id: string | undefined;
    readonly events: readonly string[];
    readonly noun: string;
  },
): Promise<Effect<RollbackResult>> {
  const record =
    options.id === undefined ? newest(reader, options.events) : findOperation(reader, options.id);
  if (record === undefined) {
    throw new BitError('not-found', `no ${options.noun} to undo in this clone's history`, {
      hint: 'see: bit log audit',
    });
  }
  if (!options.events.includes(record.event)) {
    throw new BitError('usage', `${record.op} is a ${record.event}, not a ${options.noun}`, {
      hint: 'undo the newest operations with: bit rollback chain <n>',
    });
  }
  return rollback(reader, [record], options, 'undo');
}

/** Several operations as one, all or nothing; those that changed nothing are passed over. */
export async function rollbackSeveral(
  reader: Reader,
  options: RollbackOptions & { readonly ops: readonly string[]; readonly noun: string },
): Promise<Effect<RollbackResult>> {
  const wanted = new Set(options.ops);
  const found = [...undoable(reader)].filter(({ op }) => wanted.has(op));
  if (found.length === 0) {
    throw new BitError('not-found', `nothing that bit did in that ${options.noun} is left to take back`, {
      hint: 'see what ran in it with: bit log full workflow',
    });
  }
  return rollback(reader, found, options, 'undo');
}

/** Everything newer than the operation or entry `to`. */
export async function rollbackTo(
  reader: Reader,
  options: RollbackOptions & { readonly to: string },
): Promise<Effect<RollbackResult>> {
  const target = findOperation(reader, options.to);
  const found: OperationRecord[] = [];
  for (const record of undoable(reader)) {
    if (record.intent.lamport <= target.intent.lamport) break;
    found.push(record);
  }
  if (found.length === 0) throw nothingTo(reader, 'undo');
  return rollback(reader, found, options, 'undo');
}

/** The last `most` rollbacks that stand. */
export async function redo(
  reader: Reader,
  options: RollbackOptions & { readonly most: number },
): Promise<Effect<RollbackResult>> {
  const found: OperationRecord[] = [];
  for (const record of finished(reader)) {
    if (found.length >= options.most) break;
    // Redo stops at the first newer operation that is no rollback: what it would bring back was built over.
    if (!isRollback(record)) break;
    if (takesBackRollbacks(reader, record)) continue;
    found.push(record);
  }
  if (found.length < options.most) throw nothingTo(reader, 'redo');
  return rollback(reader, found, options, 'redo');
}

function takesBackRollbacks(reader: Reader, record: OperationRecord): boolean {
  const [first] = record.undoes;
  return first !== undefined && isRollback(requireOperation(reader.ledger, first));
}

function nothingTo({ repository }: Reader, verb: string): BitError {
  if (repository === undefined) {
    return new BitError(
      'not-found',
      `nothing to ${verb}: no settings or plugins were changed from outside a repository`,
      {
        hint: `what was done in a repository is taken back there: cd to it, then bit ${verb}`,
      },
    );
  }
  return new BitError('not-found', `nothing to ${verb} in this clone's history`, {
    hint: 'see what there is with: bit log audit',
  });
}

/** Top-level operations of this clone that ended, did something and were not taken back, newest first. */
function* finished(reader: Reader): IterableIterator<OperationRecord> {
  const chain = reader.ledger.chain();
  if (chain === undefined) return;
  for (const record of operations(reader.ledger, { chain })) {
    if (record.parent !== null || record.outcome === undefined) continue;
    // A rollback of two operations that cancel each other out moves nothing, and still stands to be taken back.
    const counts = isRollback(record) ? record.ok === true : changedSomething(reader, record);
    if (counts && claimedBy(reader.ledger, record.op) === undefined) yield record;
  }
}

function* undoable(reader: Reader): IterableIterator<OperationRecord> {
  for (const record of finished(reader)) if (!isRollback(record)) yield record;
}

function newest(reader: Reader, events: readonly string[]): OperationRecord | undefined {
  for (const record of undoable(reader)) if (events.includes(record.event)) return record;
  return undefined;
}

/** Here, or somewhere undo does not reach: that counts too, so that it is said rather than passed over. */
function changedSomething(reader: Reader, record: OperationRecord): boolean {
  const elsewhere = record.ok === true && record.irreversible.length > 0;
  return elsewhere || stepsOf(reader, record).some(moves);
}

/** Takes back what ran inside the running operation so far; what left this clone is reported and stays. */
export async function rollbackChildren(writer: Writer): Promise<RollbackResult> {
  const children = childrenOf(writer, { op: writer.operation });
  const changed = children.filter((record) => changedSomething(writer, record));
  if (changed.length === 0) return { undone: [], left: [] };
  const request = { action: 'rollback.chain', event: 'ROLLBACK_CHAIN', command: 'rollback.chain', args: {} };
  const effect = rollback(writer, changed, { skipRemote: true }, 'undo');
  return writer.perform(request, { ...effect, uninterrupted: true });
}

/** By operation id or entry digest, whole or a prefix of at least 4 characters. */
export function findOperation(reader: Reader, id: string): OperationRecord {
  const byEntry = /^[0-9a-f]{4,64}$/.test(id) ? reader.ledger.entry(id) : undefined;
  if (byEntry !== undefined) return requireOperation(reader.ledger, byEntry.op);
  if (/^[0-9a-z]{4,26}$/.test(id)) {
    const known: string[] = [];
    for (const record of operations(reader.ledger)) {
      if (record.op.startsWith(id)) return record;
      if (known.length < 1000) known.push(record.op);
    }
    const [near] = nearest(id, known, 1);
    if (near !== undefined)
      throw new BitError('not-found', `no operation ${id}`, { hint: `did you mean ${near}?` });
  }
  throw new BitError('not-found', `no operation or entry ${id}`, { hint: 'list them with: bit log audit' });
}

function rollback(
  reader: Reader,
  records: readonly OperationRecord[],
  options: RollbackOptions,
  verb: 'undo' | 'redo',
): Effect<RollbackResult> {
  const steps = records.flatMap((record) => stepsOf(reader, record));
  const left = [...new Set(records.flatMap((record) => irreversibleOf(reader, record)))];
  if (left.length > 0 && !options.skipRemote) {
    throw new BitError('failed', `can't take back what left this clone: ${left.join('; ')}`, {
      hint: 'undo the rest with --skip-remote',
      details: { irreversible: left },
    });
  }
  for (const { record } of steps) {
    if (record.before === undefined || record.after === undefined) {
      throw new BitError('unsupported', `${record.summary} (${record.op}) has no image to go back to`);
    }
  }
  checkChain(steps);
  const undone = records.map(({ op, event, summary }) => ({ op, event, summary }));
  return {
    summary: `${verb} ${records.length === 1 ? (records[0]?.summary ?? '') : `${records.length} operations`}`,
    target: { operations: records.map((record) => record.op), events: records.map((record) => record.event) },
    plan: steps.flatMap((step) => describe(step, verb)),
    touches: touchesOf(steps),
    undoes: records.map((record) => record.op),
    inverses: [...new Set(steps.map(({ record }) => record))].map(({ op, action }) => ({
      op,
      action,
      target: {},
    })),
    run: async (writer) => {
      await runSteps(writer, steps);
      return { undone, left };
    },
    record: () => ({ undone: undone.map(({ op }) => op), left }),
  };
}

/** The steps must follow from one another: each starts where the newer one's going back ends. */
function checkChain(steps: readonly Step[]): void {
  const expected = new Map<RefName, { readonly oid: Oid | null; readonly by: string }>();
  for (const step of steps) {
    for (const [name, to] of Object.entries(step.to.refs)) {
      const from = step.from.refs[name];
      if (from === undefined || from === to) continue;
      const newer = expected.get(name);
      if (newer !== undefined && newer.oid !== from) {
        throw new BitError(
          'changed',
          `${name} was moved by something else between ${step.record.op} and ${newer.by}`,
          {
            hint: 'undo fewer operations, or move the ref with plain git',
          },
        );
      }
      expected.set(name, { oid: to, by: step.record.op });
    }
  }
}

function describe(step: Step, verb: string): string[] {
  const lines = [`${verb} ${step.record.op}: ${step.record.summary}`];
  for (const [name, to] of Object.entries(step.to.refs)) {
    const from = step.from.refs[name];
    if (from !== undefined && from !== to) lines.push(`  ${name}: ${short(from)} → ${short(to)}`);
  }
  for (const [path, wanted] of Object.entries(step.to.files ?? {})) {
    const was = step.from.files?.[path];
    if (was === undefined || sameFile(was, wanted)) continue;
    lines.push(`  ${path}: ${wanted === null ? 'removed' : was === null ? 'brought back' : 'put back'}`);
  }
  return lines;
}

function short(oid: Oid | null): string {
  return oid === null ? 'nothing' : oid.slice(0, 10);
}

function touchesOf(steps: readonly Step[]): Touches {
  const images = steps.flatMap((step) => [step.from, step.to]);
  const files = new Set(images.flatMap((image) => Object.keys(image.files ?? {})));
  return {
    refs: [...new Set(images.flatMap((image) => Object.keys(image.refs)))],
    rewrites: true,
    head: true,
    index: images.some((image) => image.index !== undefined),
    ...worktreeOf(images),
    ...(files.size > 0 ? { files: [...files] } : {}),
  };
}

/** The widest scope a work tree was captured with: what a rollback brings back, its own redo can take away. */
function worktreeOf(images: readonly Image[]): Pick<Touches, 'worktree'> {
  const trees = images.filter((image) => image.worktree !== undefined);
  if (trees.length === 0) return {};
  const ranks = trees.map((image) => SCOPES.indexOf(image.scope ?? 'tracked'));
  return { worktree: SCOPES[Math.max(...ranks)] ?? 'tracked' };
}

/** Applies the inverses in order; where one is refused, those already applied are taken forward again. */
async function runSteps(writer: Writer, steps: readonly Step[]): Promise<void> {
  const git = writer.repository === undefined ? undefined : writer.git;
  const base = { git, stateDirectory: writer.stateDirectory, operation: writer.operation };
  const done: Step[] = [];
  try {
    let known: Oid | undefined;
    for (const step of steps) {
      await restoreImage({
        ...base,
        from: step.from,
        to: step.to,
        ...(known === undefined ? {} : { known }),
      });
      done.push(step);
      known = step.to.worktree ?? known;
    }
  } catch (error) {
    for (const step of done.reverse()) await restoreImage({ ...base, from: step.to, to: step.from });
    throw error;
  }
}
