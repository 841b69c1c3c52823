import { isBitError } from '../kernel/errors.ts';
import { nearest } from '../kernel/text.ts';
import {
  ACTION_OPTIONS,
  type Fault,
  type FlowSpecification,
  type Place,
  type ReadSpecification,
  type Specification,
  type StepSpecification,
} from '../specification/index.ts';
import { covers } from '../token/index.ts';
import { parseCondition } from './condition.ts';
import { parseDirectiveEffect } from './directive.ts';

/** What a shape can't see: conditions and effects that don't parse, names that stand for nothing, or twice. */
export function findFaults(read: Pick<ReadSpecification, 'specification' | 'places'>): readonly Fault[] {
  const finder = new Finder(read.specification, read.places);
  finder.flows();
  finder.directives();
  finder.clusters();
  finder.rest();
  return [...finder.faults].sort((a, b) => a.line - b.line || a.column - b.column);
}

class Finder {
  readonly faults: Fault[] = [];
  readonly specification: Specification;
  readonly places: ReadonlyMap<string, Place>;

  constructor(specification: Specification, places: ReadonlyMap<string, Place>) {
    this.specification = specification;
    this.places = places;
  }

  flows(): void {
    const flows = this.specification.orchestration?.flows ?? [];
    this.twice(
      'orchestration.flows',
      flows.map(({ name }) => name),
      'name',
    );
    for (const [index, flow] of flows.entries()) this.flow(flow, `orchestration.flows[${index}]`);
  }

  flow(flow: FlowSpecification, path: string): void {
    this.condition(flow.condition, `${path}.condition`);
    this.profile(flow.profile, `${path}.profile`);
    this.schedules(flow, path);
    for (const [index, step] of flow.sequence.entries()) this.step(step, `${path}.sequence[${index}]`);
  }

  step(step: StepSpecification, path: string): void {
    this.condition(step.condition, `${path}.condition`);
    this.profile(step.profile, `${path}.profile`);
    this.scopes(step, path);
    const { action, workflows, with: options } = step;
    if (workflows !== undefined && workflows.parallel === undefined && workflows.series === undefined)
      this.add(`${path}.workflows`, `${path}.workflows needs parallel or series`);
    if (options === undefined) return;
    const known: readonly string[] = action === undefined ? [] : ACTION_OPTIONS[action];
    if (action === undefined) this.add(`${path}.with`, `${path}.with is for an action`);
    for (const key of action === undefined ? [] : Object.keys(options)) {
      if (known.includes(key)) continue;
      const near = nearest(key, known);
      const hint = near.length > 0 ? `did you mean: ${near.join(', ')}` : `it takes: ${known.join(', ')}`;
      this.add(`${path}.with.${key}`, `the action ${action} takes no ${key}`, hint);
    }
    const { pushOn, services, bundles } = options;
    if (pushOn !== undefined && Object.keys(pushOn).length === 0)
      this.add(`${path}.with.pushOn`, `${path}.with.pushOn says nothing: event, branch or always`);
    this.known(
      services,
      this.specification.images?.services?.map(({ name }) => name),
      `${path}.with.services`,
      'image service',
    );
    this.known(
      bundles,
      this.specification.artifacts?.bundles?.map(({ name }) => name),
      `${path}.with.bundles`,
      'bundle',
    );
  }

  /** What a step does must be among what its runs may do, where that is said. */
  scopes({ action, workflows, with: options }: StepSpecification, path: string): void {
    const { scopes } = this.specification.identity ?? {};
    if (scopes === undefined) return;
    const needed = [
      ...(workflows === undefined ? [] : [['workflows:trigger', `${path}.workflows`] as const]),
      ...(action === 'bit-image' && options?.pushOn !== undefined
        ? [['registry:push', `${path}.with.pushOn`] as const]
        : []),
      ...(action === 'package-assets' || action === 'publish-artifacts'
        ? [['artifacts:write', `${path}.action`] as const]
        : []),
    ];
    for (const [capability, at] of needed)
      if (
        !covers(scopes, capability) &&
        !(capability === 'artifacts:write' && covers(scopes, 'artifacts:readwrite'))
      )
        this.add(
          at,
          `identity.scopes does not carry ${capability}`,
          `it carries: ${scopes.join(', ') || 'nothing'}`,
        );
  }

  schedules(flow: FlowSpecification, path: string): void {
    const { on } = flow;
    if (typeof on !== 'object' || !('schedule' in on) || on.schedule === undefined) return;
    const { schedule } = on;
    const all = typeof schedule === 'string' ? [schedule] : schedule;
    for (const [index, one] of all.entries()) {
      const cron = typeof one === 'string' ? one : one.cron;
      const at = typeof schedule === 'string' ? `${path}.on.schedule` : `${path}.on.schedule[${index}]`;
      this.cron(cron, at);
    }
  }

  cron(cron: string, at: string): void {
    const fields = cron.trim().split(/\s+/);
    const nickname = /^@(?:yearly|annually|monthly|weekly|daily|midnight|hourly)$/.test(cron.trim());
    if (!nickname && (fields.length !== 5 || fields.some((field) => !/^[0-9A-Za-z*,/?#-]+$/.test(field))))
      this.add(
        at,
        `${cron} is no cron expression of five fields`,
        'minute hour day month weekday, as in 0 3 * * *',
      );
  }

  directives(): void {
    const directives = this.specification.support?.userDirectives ?? [];
    this.twice(
      'support.userDirectives',
      directives.map(({ key }) => key),
      'key',
    );
    for (const [index, { when, effect }] of directives.entries()) {
      const path = `support.userDirectives[${index}]`;
      this.condition(when, `${path}.when`);
      this.attempt(`${path}.effect`, () => parseDirectiveEffect(effect));
    }
  }

  clusters(): void {
    const { defaultProfile, profiles = {} } = this.specification.clusters ?? {};
    this.profile(defaultProfile, 'clusters.defaultProfile');
    for (const [name, profile] of Object.entries(profiles)) {
      const path = `clusters.profiles.${name}`;
      this.profile(profile.fallback, `${path}.fallback`);
      const { min = 0, max } = profile.autoscale ?? {};
      if (max !== undefined && min > max)
        this.add(`${path}.autoscale.min`, `${path}.autoscale has a min above its max`);
      if (goesRound(name, profiles)) this.add(`${path}.fallback`, `${path}.fallback leads back to ${name}`);
    }
  }

  rest(): void {
    const { images, artifacts, notifications, identity, schedules = {}, triggers = {} } = this.specification;
    for (const [name, { cron }] of Object.entries(schedules)) this.cron(cron, `schedules.${name}.cron`);
    for (const [name, { on = [], secret }] of Object.entries(triggers)) {
      const webhook = (typeof on === 'string' ? [on] : on).includes('webhook');
      if (webhook && secret === undefined)
        this.add(`triggers.${name}`, `triggers.${name} lacks secret: a webhook is believed by its signature`);
    }
    this.twice('images.services', images?.services?.map(({ name }) => name) ?? [], 'name');
    this.twice('artifacts.bundles', artifacts?.bundles?.map(({ name }) => name) ?? [], 'name');
    this.twice('identity.bots', identity?.bots?.map(({ name }) => name) ?? [], 'name');
    for (const [index, { type, urlRef }] of (notifications?.channels ?? []).entries()) {
      if (type === 'webhook' && urlRef === undefined)
        this.add(
          `notifications.channels[${index}]`,
          `notifications.channels[${index}] lacks urlRef`,
          'urlRef: secret:NOTIFY_WEBHOOK',
        );
    }
    const path = artifacts?.manifestPath;
    const leaves =
      path !== undefined && (path.startsWith('/') || path.split('/').includes('..') || path.includes('\\'));
    if (leaves) this.add('artifacts.manifestPath', `${path} leaves the repository`);
    if (path !== undefined && !path.endsWith('.json'))
      this.add('artifacts.manifestPath', 'artifacts.manifestPath must end in .json');
  }

  profile(name: string | undefined, path: string): void {
    const profiles = this.specification.clusters?.profiles ?? {};
    this.known(name === undefined ? undefined : [name], Object.keys(profiles), path, 'profile', true);
  }

  known(
    names: readonly string[] | undefined,
    there: readonly string[] | undefined,
    path: string,
    what: string,
    single = false,
  ): void {
    for (const [index, name] of (names ?? []).entries()) {
      if (there?.includes(name) === true) continue;
      const near = nearest(name, there ?? []);
      this.add(
        single ? path : `${path}[${index}]`,
        `there is no ${what} ${name}`,
        near.length > 0 ? `did you mean: ${near.join(', ')}` : undefined,
      );
    }
  }

  twice(path: string, names: readonly string[], key: string): void {
    const seen = new Set<string>();
    for (const [index, name] of names.entries()) {
      if (seen.has(name)) this.add(`${path}[${index}].${key}`, `${name} stands twice in ${path}`);
      seen.add(name);
    }
  }

  condition(text: string | undefined, path: string): void {
    if (text !== undefined) this.attempt(path, () => parseCondition(text));
  }

  attempt(path: string, parse: () => unknown): void {
    try {
      parse();
    } catch (error) {
      if (!isBitError(error)) throw error;
      this.add(path, error.message, error.hint);
    }
  }

  add(path: string, message: string, hint?: string): void {
    const above = path.replace(/\.[^.]*$/, '');
    const place = this.places.get(path) ?? this.places.get(above) ?? { line: 1, column: 1 };
    this.faults.push({ ...place, path, message, ...(hint === undefined ? {} : { hint }) });
  }
}

function goesRound(
  start: string,
  profiles: Readonly<Record<string, { readonly fallback?: string }>>,
): boolean {
  const seen = new Set<string>();
  for (let at = profiles[start]?.fallback; at !== undefined && !seen.has(at); at = profiles[at]?.fallback) {
    if (at === start) return true;
    seen.add(at);
  }
  return false;
}
