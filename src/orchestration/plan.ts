import { availableParallelism, totalmem } from 'node:os';
import { BitError } from '../kernel/errors.ts';
import { nearest } from '../kernel/text.ts';
import type {
  FlowSpecification,
  ProfileSpecification,
  Specification,
  StepSpecification,
} from '../specification/index.ts';
import { judge, parseCondition } from './condition.ts';
import { type DirectiveEffect, parseDirectiveEffect, switchedBy } from './directive.ts';
import { factsOf, type Occasion, pushes, startsOn } from './occasion.ts';
import type { FlowPlan, ProfilePlan, StepPlan, WorkflowPlan } from './plan-model.ts';
import { findWorkflowFile } from './workflows.ts';

/** The engine's own, where nothing is said. */
const DEFAULTS = { retries: 0, backoffSeconds: 10, continueOnFailure: false } as const;

export interface PlanRequest {
  /** Undefined: the first flow the event starts. */
  readonly flow: string | undefined;
  readonly profile: string | undefined;
}

/** @throws BitError `not-found` with the nearest flows or profiles */
export function planFlow(
  root: string,
  specification: Specification,
  occasion: Occasion,
  request: PlanRequest,
): FlowPlan {
  const flows = specification.orchestration?.flows ?? [];
  if (flows.length === 0)
    throw new BitError('not-found', '.bithub.yml has no flow', { hint: 'add one below orchestration.flows' });
  const verdicts = flows.map((flow) => ({ flow, ...startsOn(flow, occasion) }));
  const named =
    request.flow === undefined ? undefined : verdicts.find(({ flow }) => flow.name === request.flow);
  if (request.flow !== undefined && named === undefined) {
    const near = nearest(
      request.flow,
      flows.map(({ name }) => name),
    );
    throw new BitError('not-found', `there is no flow ${request.flow}`, {
      hint:
        near.length > 0
          ? `did you mean: ${near.join(', ')}`
          : `there are: ${flows.map(({ name }) => name).join(', ')}`,
    });
  }
  const chosen = named ?? verdicts.find(({ starts }) => starts) ?? verdicts[0];
  if (chosen === undefined) throw new Error('there is a flow');
  const { flow } = chosen;
  const planner = new Planner(root, specification, occasion, flow, request.profile);
  const held = planner.flowHeld(chosen);
  return {
    flow: flow.name,
    starts: held.starts,
    because:
      named === undefined && held.starts
        ? `the first that ${occasion.event} starts: ${held.because}`
        : held.because,
    others: verdicts
      .filter((one) => one !== chosen)
      .map(({ flow: { name }, starts, because }) => ({ flow: name, starts, because })),
    occasion,
    profile: planner.profilePlan(),
    directives: planner.directives.map(({ key, applies, because, text }) => ({
      key,
      applies,
      because,
      effect: text,
    })),
    bots: planner.bots(),
    steps: flow.sequence.map((step, index) => planner.step(step, index + 1)),
  };
}

interface Chosen {
  readonly name: string;
  readonly because: string;
}

class Planner {
  readonly root: string;
  readonly specification: Specification;
  readonly occasion: Occasion;
  readonly flow: FlowSpecification;
  readonly profile: Chosen | undefined;
  readonly directives: readonly {
    readonly key: string;
    readonly applies: boolean;
    readonly because: string;
    readonly text: string;
    readonly effect: DirectiveEffect;
  }[];

  constructor(
    root: string,
    specification: Specification,
    occasion: Occasion,
    flow: FlowSpecification,
    profile: string | undefined,
  ) {
    this.root = root;
    this.specification = specification;
    this.occasion = occasion;
    this.flow = flow;
    this.profile = this.#rerouted(this.#profile(profile));
    this.directives = (specification.support?.userDirectives ?? []).map(({ key, when, effect }) => {
      const { holds, because } = this.judged(when);
      return { key, applies: holds, because, text: effect, effect: parseDirectiveEffect(effect) };
    });
  }

  #profile(asked: string | undefined): Chosen | undefined {
    const { defaultProfile, profiles = {} } = this.specification.clusters ?? {};
    const name = asked ?? this.flow.profile ?? defaultProfile;
    if (name === undefined) return undefined;
    if (!Object.hasOwn(profiles, name)) {
      const near = nearest(name, Object.keys(profiles));
      throw new BitError('not-found', `there is no profile ${name}`, {
        hint:
          near.length > 0
            ? `did you mean: ${near.join(', ')}`
            : 'profiles stand in .bithub.yml, clusters.profiles',
      });
    }
    const because =
      asked !== undefined
        ? 'asked for'
        : this.flow.profile !== undefined
          ? 'the flow’s'
          : 'clusters.defaultProfile';
    return { name, because };
  }

  /** On to the fallback where this machine can't give what the profile needs. */
  #rerouted(chosen: Chosen | undefined): Chosen | undefined {
    const profiles = this.specification.clusters?.profiles ?? {};
    let at = chosen;
    for (let turn = 0; at !== undefined && turn < 16; turn++) {
      const { name, because } = at;
      const lacking = cannotGive(profiles[name] ?? {});
      const fallback = profiles[name]?.fallback;
      if (lacking.length === 0 || fallback === undefined) return at;
      at = {
        name: fallback,
        because: `${because}; ${name} needs ${lacking.join(', ')}: rerouted to ${fallback}`,
      };
    }
    return at;
  }

  judged(
    condition: string,
    profile: string | null = this.profile?.name ?? null,
  ): { readonly holds: boolean; readonly because: string } {
    return judge(parseCondition(condition), factsOf(this.occasion, this.flow.name, profile));
  }

  flowHeld(verdict: { readonly starts: boolean; readonly because: string }): {
    readonly starts: boolean;
    readonly because: string;
  } {
    if (!verdict.starts) return verdict;
    const off = this.off('flow', this.flow.name);
    if (off !== undefined) return { starts: false, because: off };
    if (this.flow.condition === undefined) return verdict;
    const { holds, because } = this.judged(this.flow.condition);
    return holds
      ? { starts: true, because: `${verdict.because}; ${because}` }
      : { starts: false, because: `not ${because}` };
  }

  /** Why a directive takes it out; undefined where none does. */
  off(of: 'workflow' | 'action' | 'flow', name: string): string | undefined {
    const directive = switchedBy(
      this.directives.filter(({ applies }) => applies),
      of,
      name,
    );
    if (directive === undefined || directive.effect.kind !== 'switch' || directive.effect.on)
      return undefined;
    return `the directive ${directive.key} disables it: ${directive.because}`;
  }

  bots(): Record<string, boolean> {
    const bots: Record<string, boolean> = {};
    for (const { applies, effect } of this.directives)
      if (applies && effect.kind === 'bot') bots[effect.bot] = effect.on;
    return bots;
  }

  step(step: StepSpecification, number: number): StepPlan {
    const { defaults = {} } = this.specification.orchestration ?? {};
    const { kind, name } = kindOf(step);
    const own =
      step.profile === undefined
        ? null
        : this.profilePlan(this.#rerouted({ name: step.profile, because: 'the step’s' }));
    const common = {
      number,
      kind,
      name,
      continueOnFailure: step.continueOnFailure ?? defaults.continueOnFailure ?? DEFAULTS.continueOnFailure,
      retries: step.retries ?? defaults.retries ?? DEFAULTS.retries,
      backoffSeconds: step.backoffSeconds ?? defaults.backoffSeconds ?? DEFAULTS.backoffSeconds,
      timeoutMinutes: step.timeoutMinutes ?? defaults.timeoutMinutes ?? null,
      profile: own?.name ?? this.profile?.name ?? null,
      own,
      artifactPass: [...(defaults.artifactPass ?? []), ...(step.artifactPass ?? [])],
      push: kind === 'action' && name !== 'package-assets' ? this.#push(step, name) : null,
      workflows: kind === 'workflows' ? this.#workflows(step) : [],
    };
    return { ...common, ...this.#decided(step, common.workflows, common.profile) };
  }

  #push(step: StepSpecification, action: string): { readonly push: boolean; readonly because: string } {
    const { pushOn } = step.with ?? {};
    // artifacts are published here in any case; only what goes elsewhere asks
    if (action === 'publish-artifacts' && pushOn === undefined)
      return { push: true, because: 'no pushOn narrows it' };
    return pushes(pushOn, this.occasion);
  }

  #decided(
    step: StepSpecification,
    workflows: readonly WorkflowPlan[],
    profile: string | null,
  ): { readonly runs: boolean; readonly because: string } {
    const off = step.action === undefined ? undefined : this.off('action', step.action);
    if (off !== undefined) return { runs: false, because: off };
    if (step.condition !== undefined) {
      const { holds, because } = this.judged(step.condition, profile);
      if (!holds) return { runs: false, because: `not ${because}` };
      return { runs: true, because };
    }
    if (workflows.length > 0 && workflows.every(({ runs }) => !runs))
      return { runs: false, because: 'each of its workflows is disabled' };
    return { runs: true, because: 'no condition' };
  }

  #workflows({ workflows = {} }: StepSpecification): WorkflowPlan[] {
    const plan = (mode: 'parallel' | 'series') =>
      (workflows[mode] ?? []).map((name): WorkflowPlan => {
        const { path, source, tried, near } = findWorkflowFile(this.root, name);
        const off = this.off('workflow', name);
        const there = path === undefined ? 'it is not there' : `found as ${path}`;
        return {
          name,
          mode,
          path: path ?? null,
          source: source ?? null,
          runs: off === undefined,
          because: off ?? there,
          tried: path === undefined ? tried : [],
          near,
        };
      });
    // those in series first, as the first orchestrator did
    return [...plan('series'), ...plan('parallel')];
  }

  profilePlan(chosen = this.profile): ProfilePlan | null {
    if (chosen === undefined) return null;
    const { name, because } = chosen;
    const profile = this.specification.clusters?.profiles?.[name] ?? {};
    return {
      name,
      because,
      runnerLabels: profile.runnerLabels ?? [],
      handedToMesh: forTheMesh(profile),
      lacking: cannotGive(profile),
      fallback: profile.fallback ?? null,
      concurrencyGroup:
        profile.concurrencyGroup === undefined ? null : this.#filled(profile.concurrencyGroup, name),
      cancelInProgress: profile.cancelInProgress ?? false,
      artifactRetentionDays: profile.storage?.artifactRetentionDays ?? null,
    };
  }

  /** `${{ ref }}` and the other facts. */
  #filled(template: string, profile: string): string {
    const facts: Readonly<Record<string, unknown>> = {
      ...factsOf(this.occasion, this.flow.name, profile),
    };
    return template.replace(/\$\{\{\s*([A-Za-z.]{1,40})\s*\}\}/g, (whole, name: string) => {
      const fact = Object.hasOwn(facts, name) ? facts[name] : undefined;
      return fact === undefined ? whole : Array.isArray(fact) ? fact.join(',') : String(fact ?? '');
    });
  }
}

function kindOf(step: StepSpecification): { readonly kind: StepPlan['kind']; readonly name: string } {
  if (step.gate !== undefined) return { kind: 'gate', name: step.gate };
  if (step.action !== undefined) return { kind: 'action', name: step.action };
  if (step.barrier !== undefined) return { kind: 'barrier', name: step.barrier };
  const { series, parallel } = step.workflows ?? {};
  const modes = [
    ...(series === undefined ? [] : ['series']),
    ...(parallel === undefined ? [] : ['parallel']),
  ];
  return { kind: 'workflows', name: modes.join(', then ') };
}

/** What a profile asks for that a run on this machine can't give. */
function forTheMesh({ autoscale, resources, storage }: ProfileSpecification): string[] {
  const asked: string[] = [];
  if (autoscale !== undefined)
    asked.push(`autoscale ${autoscale.min ?? 0} to ${autoscale.max ?? 'any'} runners`);
  if (resources?.gpus !== undefined) asked.push(`GPU ${resources.gpus}`);
  if (resources?.memoryGB !== undefined) asked.push(`${resources.memoryGB} GB of memory`);
  if (resources?.cpus !== undefined) asked.push(`${resources.cpus} processors`);
  if (storage?.cacheSizeGB !== undefined) asked.push(`${storage.cacheSizeGB} GB of cache`);
  return asked;
}

function cannotGive({ resources }: ProfileSpecification): string[] {
  const lacking: string[] = [];
  if (resources?.gpus !== undefined) lacking.push(`GPU ${resources.gpus}`);
  if (resources?.memoryGB !== undefined && resources.memoryGB * 1e9 > totalmem())
    lacking.push(`${resources.memoryGB} GB of memory`);
  if (resources?.cpus !== undefined && resources.cpus > availableParallelism())
    lacking.push(`${resources.cpus} processors`);
  return lacking;
}
