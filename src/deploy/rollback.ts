import { BitError } from '../kernel/errors.ts';
import { ulid } from '../kernel/ids.ts';
import { nearest, printable } from '../kernel/text.ts';
import type { Effect, Reader } from '../operation/index.ts';
import { resultOf, takeTarget, wayBack, whyOf, withWay } from './deploy.ts';
import { runPlan } from './perform.ts';
import {
  deployedTargets,
  type History,
  type Release,
  readHistory,
  withRelease,
  writeHistory,
} from './releases.ts';
import { BACK } from './steps.ts';
import { readTarget, type Target } from './target.ts';

export interface DeploymentRollback {
  readonly target: string;
  /** The release that was taken back, where one stood. */
  readonly from: string | null;
  readonly to: string;
  readonly commit: string | null;
  readonly result: 'good' | 'failed';
  readonly why: string | null;
}

/**
 * Takes the deployment that stands at a target back: the good release before it is put there, or the one named.
 *
 * @throws BitError `not-found` where nothing was deployed, or there is no good release to go back to; `usage` where
 *   several targets could be meant
 */
export async function rollbackDeployment(
  reader: Reader,
  options: { readonly target: string | undefined; readonly to: string | undefined },
): Promise<Effect<DeploymentRollback>> {
  const { stateDirectory } = reader;
  const name = options.target ?? onlyTarget(stateDirectory);
  const target = readTarget(reader, name);
  const history = readHistory(stateDirectory, name);
  const way = chosen(target, history, options.to);
  const from = history.releases.find(({ id }) => id === history.standing);
  return {
    summary: `go back to release ${way.id} at ${name}`,
    target: { target: name, from: from?.id ?? null, to: way.id, commit: way.commit },
    plan: [
      from === undefined ? `what stands at ${name} is not known` : `release ${from.id} stands at ${name}`,
      `put release ${way.id} of ${way.at}${way.commit === null ? '' : `, commit ${way.commit.slice(0, 12)},`} there ${
        target.rollback === undefined ? 'by deploying it again' : 'by the rollback command'
      }`,
    ],
    touches: { refs: [] },
    irreversible: [`deployed to ${name}`],
    confirm: `Go back to release ${way.id} at ${name}?`,
    beside: true,
    async run(writer) {
      const lock = takeTarget(stateDirectory, name);
      try {
        const root = writer.git.paths.root ?? writer.cwd;
        const id = ulid(writer.now().getTime());
        const end = await withWay(writer, target, way, (back) =>
          runPlan(writer, id, { target, root, to: undefined, back }),
        );
        const ok = resultOf(end, BACK) === 'success';
        const now = readHistory(stateDirectory, name);
        const taken: History =
          ok && from !== undefined ? withRelease(now, { ...from, state: 'taken-back' }) : now;
        writeHistory(stateDirectory, name, { ...taken, standing: ok ? way.id : null });
        return {
          ...{ target: name, from: from?.id ?? null, to: way.id, commit: way.commit },
          result: ok ? 'good' : 'failed',
          why: ok ? null : whyOf(end, BACK),
        };
      } finally {
        lock.release();
      }
    },
    record: (out) => ({ ...out }),
    failure: ({ result, why }) =>
      result === 'good'
        ? undefined
        : new BitError('failed', `going back to release ${way.id} at ${name} failed: ${why ?? ''}`, {
            hint: `nobody knows what stands at ${name}; see to it, then: bit deploy ${name}`,
          }),
  };
}

function onlyTarget(stateDirectory: string): string {
  const names = deployedTargets(stateDirectory);
  const [only, second] = names;
  if (only === undefined) throw new BitError('not-found', 'nothing was deployed here yet');
  if (second === undefined) return only;
  throw new BitError('usage', 'several targets were deployed to: say which', {
    hint: `one of ${names.join(', ')}`,
  });
}

function chosen(target: Target, history: History, wanted: string | undefined): Release {
  const { releases, standing } = history;
  if (releases.length === 0) throw new BitError('not-found', `nothing was deployed to ${target.name} yet`);
  if (wanted === undefined) {
    const way = wayBack(target, history, standing ?? undefined);
    if (way !== undefined) return way;
    throw new BitError('not-found', `${target.name} has no good release to go back to`, {
      hint: 'without a rollback command only a release whose work tree was clean can be deployed again',
    });
  }
  const matching = releases.filter(({ id }) => id.startsWith(wanted.toLowerCase()));
  const [only, second] = matching;
  if (only === undefined || wanted.length < 4) {
    const near = nearest(
      wanted,
      releases.map(({ id }) => id),
    );
    throw new BitError('not-found', `${target.name} has no release ${printable(wanted)}`, {
      hint:
        near.length > 0
          ? `did you mean: ${near.join(', ')}`
          : `see them with: bit deploy ${target.name} --releases`,
    });
  }
  if (second !== undefined)
    throw new BitError('usage', `${printable(wanted)} is the beginning of several releases`);
  if (only.state === 'begun' || only.state === 'failed')
    throw new BitError('usage', `release ${only.id} was never good: ${only.why ?? 'it did not end'}`);
  if (target.rollback === undefined && (only.dirty || only.commit === null)) {
    throw new BitError('usage', `release ${only.id} held more than its commit and can't be deployed again`, {
      hint: `a rollback command in deploy.targets.${target.name} could`,
    });
  }
  return only;
}
