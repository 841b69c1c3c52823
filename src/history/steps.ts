import {
  claimedBy,
  type Image,
  type OperationRecord,
  operations,
  type Reader,
  ROLLBACK_EVENTS,
  SCOPES,
  sameFile,
  sameTrees,
} from '../operation/index.ts';

/** One going back, from how an operation (or a part of it) left things to how it found them. */
export interface Step {
  readonly record: OperationRecord;
  readonly from: Image;
  readonly to: Image;
}

export function isRollback(record: OperationRecord): boolean {
  return ROLLBACK_EVENTS.some((event) => event === record.event);
}

/** What ran directly inside `record`, newest first, without rollbacks and what they took back. */
export function childrenOf(reader: Reader, record: Pick<OperationRecord, 'op'>): OperationRecord[] {
  return [...operations(reader.ledger, { parent: record.op })].filter(
    (child) => !isRollback(child) && claimedBy(reader.ledger, child.op) === undefined,
  );
}

/**
 * How to take `record` back, newest first: what ran inside it, and between, before and after that what it did itself.
 * Its images span those of its children, so what remains of them once the children's are gone through is its own.
 */
export function stepsOf(reader: Reader, record: OperationRecord): Step[] {
  const inner = childrenOf(reader, record).flatMap((child) => stepsOf(reader, child));
  if (inner.length === 0) return [localPart(record)];
  if (record.before === undefined || record.after === undefined) return inner;
  return withOwnPart(localPart(record), inner);
}

/** Whether going back by `step` changes anything. */
export function moves({ from, to }: Step): boolean {
  for (const name of Object.keys(from.refs)) if ((to.refs[name] ?? null) !== from.refs[name]) return true;
  for (const [path, file] of Object.entries(from.files ?? {}))
    if (!sameFile(file, to.files?.[path])) return true;
  return !sameHead(from, to) || !sameTrees(from, to);
}

/** What left this clone with `record` and all that ran inside it. */
export function irreversibleOf(reader: Reader, record: OperationRecord): string[] {
  return [
    ...record.irreversible,
    ...childrenOf(reader, record).flatMap((child) => irreversibleOf(reader, child)),
  ];
}

/** Where the operation left this clone, its remote-tracking refs tell the truth about the remote: they stay. */
function localPart(record: OperationRecord): Step {
  const local = (image: Image | undefined): Image => {
    if (image === undefined) return { refs: {} };
    if (record.irreversible.length === 0) return image;
    const refs = Object.entries(image.refs).filter(([name]) => !name.startsWith('refs/remotes/'));
    return { ...image, refs: Object.fromEntries(refs) };
  };
  return { record, from: local(record.after), to: local(record.before) };
}

function withOwnPart(own: Step, inner: readonly Step[]): Step[] {
  const wider = coversTrees(own, inner);
  const steps: Step[] = [];
  let reached = declaredPart(own);
  for (const step of inner) {
    const part = wider ? withoutTrees(step) : step;
    const gap = { record: own.record, from: reached, to: gapTo(reached, part.from) };
    if (moves(bare(gap))) steps.push(bare(gap));
    steps.push(part);
    reached = overlay(overlay(reached, part.from), part.to);
  }
  const trees = !inner.some((step) => step.from.index !== undefined) || wider;
  const last = bare({ record: own.record, from: reached, to: gapTo(reached, own.to) });
  const final = trees ? withTrees(last, own) : last;
  if (moves(final)) steps.push(final);
  return steps;
}

/**
 * The refs, files and HEAD `own` had said it may change. What else moved while it ran and its children did not move
 * was somebody else's doing and stays.
 */
function declaredPart({ record, from }: Step): Image {
  const refs = Object.entries(from.refs).filter(([name]) => record.declares.ref(name));
  return {
    refs: Object.fromEntries(refs),
    ...(from.head !== undefined && record.declares.head ? { head: from.head } : {}),
    ...(from.files === undefined ? {} : { files: from.files }),
    ...(from.missing === undefined ? {} : { missing: from.missing }),
  };
}

/** `wanted` as far as `reached` knows of it: where the two differ, something moved in between. */
function gapTo(reached: Image, wanted: Image): Image {
  const refs = Object.keys(reached.refs).filter((name) => wanted.refs[name] !== undefined);
  const files = Object.keys(reached.files ?? {}).filter((path) => wanted.files?.[path] !== undefined);
  return {
    refs: Object.fromEntries(refs.map((name) => [name, wanted.refs[name] ?? null])),
    files: Object.fromEntries(files.map((path) => [path, wanted.files?.[path] ?? null])),
    ...(reached.head !== undefined && wanted.head !== undefined ? { head: wanted.head } : {}),
    ...(wanted.missing === undefined ? {} : { missing: wanted.missing }),
  };
}

/** Only what the two images of a step differ in. */
function bare({ record, from, to }: Step): Step {
  const refs = Object.keys(to.refs).filter((name) => from.refs[name] !== to.refs[name]);
  const files = Object.keys(to.files ?? {}).filter((path) => !sameFile(from.files?.[path], to.files?.[path]));
  const part = (image: Image): Image => ({
    refs: Object.fromEntries(refs.map((name) => [name, image.refs[name] ?? null])),
    ...(files.length === 0
      ? {}
      : { files: Object.fromEntries(files.map((path) => [path, image.files?.[path] ?? null])) }),
    ...(image.head === undefined || sameHead(from, to) ? {} : { head: image.head }),
    ...(image.missing === undefined ? {} : { missing: image.missing }),
  });
  return { record, from: part(from), to: part(to) };
}

/** What `image` says of the members `reached` has; the rest of `reached` stays. */
function overlay(reached: Image, image: Image): Image {
  return { ...reached, ...gapTo(reached, image), ...merged(reached, image) };
}

function merged(reached: Image, image: Image): Pick<Image, 'refs' | 'files'> {
  const known = gapTo(reached, image);
  return { refs: { ...reached.refs, ...known.refs }, files: { ...reached.files, ...known.files } };
}

function sameHead(a: Image, b: Image): boolean {
  if (a.head === undefined || b.head === undefined) return true;
  return a.head.ref === b.head.ref && (a.head.ref !== null || a.head.oid === b.head.oid);
}

/** Trees of different scopes can't be compared: the operation's own stand for all where they hold the most. */
function coversTrees({ to }: Step, inner: readonly Step[]): boolean {
  if (to.worktree === undefined || to.scope === undefined) return false;
  const rank = (image: Image): number => (image.scope === undefined ? -1 : SCOPES.indexOf(image.scope));
  return inner.every((step) => rank(step.to) <= rank(to));
}

function withoutTrees({ record, from, to }: Step): Step {
  const strip = ({
    index: _index,
    unmerged: _unmerged,
    worktree: _worktree,
    scope: _scope,
    ...image
  }: Image): Image => image;
  return { record, from: strip(from), to: strip(to) };
}

function withTrees({ record, from, to }: Step, own: Step): Step {
  const trees = ({ index, unmerged, worktree, scope }: Image): Partial<Image> => ({
    ...(index === undefined ? {} : { index }),
    ...(unmerged === undefined ? {} : { unmerged }),
    ...(worktree === undefined ? {} : { worktree }),
    ...(scope === undefined ? {} : { scope }),
  });
  return { record, from: { ...from, ...trees(own.from) }, to: { ...to, ...trees(own.to) } };
}
