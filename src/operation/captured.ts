import type { Oid, RefName } from '../git/index.ts';
import { captureFilesOnly, captureImage, type Image, pinImage, pinLost, readRefs } from './image.ts';
import { stateNames } from './in-progress.ts';
import type { Effect, Touches } from './index.ts';
import { movedRefs, type RefMove } from './moves.ts';
import type { OperationWorld } from './world.ts';

/** How it stands before an action, or after. */
export interface Captured {
  readonly image: Image;
  readonly refs: ReadonlyMap<RefName, Oid>;
  /** What differs from the reading before. */
  readonly moved: readonly RefMove[];
  /** What git says it is in the middle of. */
  readonly state: ReadonlySet<string>;
}

export async function captureBefore<Out extends object>(
  world: OperationWorld,
  effect: Effect<Out>,
  operation: string,
): Promise<Captured | undefined> {
  const git = world.gitWriter;
  if (effect.beside === true) return undefined;
  if (git === undefined) return capturedFiles(world, effect.touches);
  const refs = await readRefs(git);
  const image = await captureImage({
    git,
    touches: effect.touches,
    stateDirectory: world.reader.stateDirectory,
    operation: operation,
    refs,
    keepFiles: true,
  });
  await pinImage(git, operation, image, effect.touches);
  return { image, refs, moved: [], state: stateNames(git.paths.gitDir) };
}

/** Outside a repository: the user's own settings and what lies beside them. */
function capturedFiles({ reader }: OperationWorld, touches: Touches): Captured | undefined {
  const image = captureFilesOnly(touches, { stateDirectory: reader.stateDirectory, keepFiles: true });
  return image === undefined ? undefined : { image, refs: new Map(), moved: [], state: new Set() };
}

/** The same members as the before-image, and every ref that moved whether it was declared or not. */
export async function captureAfter<Out extends object>(
  world: OperationWorld,
  effect: Effect<Out>,
  operation: string,
  before: Captured | undefined,
): Promise<Captured | undefined> {
  const git = world.gitWriter;
  if (before === undefined) return undefined;
  if (git === undefined) return capturedFiles(world, effect.touches);
  const refs = await readRefs(git);
  const moved = movedRefs(before.refs, refs);
  const { touches } = effect;
  const declared = new Set(touches.refs === 'all' ? (touches.rewrites ? refs.keys() : []) : touches.refs);
  await pinLost(
    git,
    operation,
    moved.filter((move) => !declared.has(move.ref)),
  );
  const image = await captureImage({
    git,
    touches: { ...touches, refs: Object.keys(before.image.refs) },
    stateDirectory: world.reader.stateDirectory,
    operation,
    refs,
    also: moved.map((move) => move.ref),
    keepFiles: true,
  });
  return { image, refs, moved, state: before.state };
}
