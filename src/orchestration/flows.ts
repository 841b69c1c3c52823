import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { isJsonObject } from '../kernel/json.ts';
import type { Reader } from '../operation/index.ts';
import { listSecrets } from '../secrets/index.ts';
import { SPECIFICATION } from '../specification/index.ts';
import { loadSpecification, requireRoot } from './load.ts';
import { type OccasionRequest, readOccasion } from './occasion.ts';
import { type PlanRequest, planFlow } from './plan.ts';
import type { FlowPlan } from './plan-model.ts';

export interface PlannedFlow extends FlowPlan {
  /** `.bithub.yml`, or null where the default was made up. */
  readonly specification: string | null;
  /** What the made-up default holds, and why. */
  readonly synthesised: readonly string[];
  readonly token: TokenPlan;
  readonly policyScript: string | null;
  readonly notify: readonly { readonly type: string; readonly level: string; readonly to: string }[];
}

export interface TokenPlan {
  /** The first source that is not empty; null where none is. */
  readonly source: string | null;
  readonly tried: readonly string[];
}

/** A flow with every decision explained; nothing is run and nothing written. */
export async function explainFlow(
  reader: Reader,
  request: OccasionRequest & PlanRequest,
): Promise<PlannedFlow> {
  const root = requireRoot(reader);
  const { specification, synthesised } = loadSpecification(root);
  const occasion = await readOccasion(reader, request);
  const plan = planFlow(root, specification, occasion, request);
  return {
    ...plan,
    specification: synthesised === undefined ? SPECIFICATION : null,
    synthesised: synthesised ?? [],
    token: tokenPlan(reader, specification.identity?.tokenSources ?? DEFAULT_TOKENS),
    policyScript: existsSync(join(root, POLICY_SCRIPT)) ? POLICY_SCRIPT : null,
    notify: (specification.notifications?.channels ?? []).map(({ type, level = 'info', urlRef }) => ({
      type,
      level,
      to: urlRef ?? 'the commit',
    })),
  };
}

export const POLICY_SCRIPT = '.bithub/policy.sh';
export const DEFAULT_TOKENS: readonly string[] = ['env:BITHUB_TOKEN', 'env:GITHUB_TOKEN'];

/** Looks at names only: no value is read for a plan. */
function tokenPlan(reader: Reader, sources: readonly string[]): TokenPlan {
  const tried: string[] = [];
  for (const source of sources) {
    tried.push(source);
    const name = source.slice(source.indexOf(':') + 1);
    const there = source.startsWith('env:')
      ? (reader.env[name] ?? '') !== ''
      : listSecrets(reader).secrets.some((secret) => secret.name === name);
    if (there) return { source, tried };
  }
  return { source: null, tried };
}

export interface FlowCheck {
  readonly path: string | null;
  readonly flows: readonly string[];
  readonly warnings: readonly string[];
}

/** `.bithub.yml` read whole. @throws BitError `usage` with everything that is wrong in it */
export async function checkSpecification(reader: Reader): Promise<FlowCheck> {
  const root = requireRoot(reader);
  const { specification, synthesised } = loadSpecification(root);
  const flows = specification.orchestration?.flows ?? [];
  const occasion = await readOccasion(reader, {
    event: 'manual',
    branch: undefined,
    tag: undefined,
    labels: [],
    changed: [],
    since: undefined,
    fork: false,
  });
  const warnings = flows.flatMap(({ name }) =>
    planFlow(root, specification, occasion, { flow: name, profile: undefined }).steps.flatMap(
      ({ workflows }) =>
        workflows
          .filter(({ path }) => path === null)
          .map(({ name: workflow, tried, near }) => {
            const hint = near.length > 0 ? `; did you mean: ${near.join(', ')}` : '';
            return `flow ${name}: there is no workflow ${workflow}: tried ${tried.join(', ') || 'nothing, it leaves the repository'}${hint}`;
          }),
    ),
  );
  return {
    path: synthesised === undefined ? SPECIFICATION : null,
    flows: flows.map(({ name }) => name),
    warnings,
  };
}

export interface FlowListing {
  /** `.bithub.yml`, or null where the default was made up. */
  readonly path: string | null;
  readonly flows: readonly {
    readonly flow: string;
    readonly on: readonly string[];
    readonly steps: number;
    readonly about: string | null;
  }[];
}

/** @throws BitError `usage` with everything that is wrong in `.bithub.yml` */
export async function listFlows(reader: Reader): Promise<FlowListing> {
  const { specification, synthesised } = loadSpecification(requireRoot(reader));
  const flows = (specification.orchestration?.flows ?? []).map(({ name, on, sequence, description }) => ({
    flow: name,
    on: eventsOf(on),
    steps: sequence.length,
    about: description ?? null,
  }));
  return { path: synthesised === undefined ? SPECIFICATION : null, flows };
}

/** Names of the events a flow asks for; by hand where it asks for none. */
export function eventsOf(on: unknown): string[] {
  if (typeof on === 'string') return [on];
  if (Array.isArray(on)) return on.map(String);
  return isJsonObject(on) ? Object.keys(on) : ['manual'];
}
