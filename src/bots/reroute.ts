import { join } from 'node:path';
import { BitError } from '../kernel/errors.ts';
import { readTextIfExists, writeFileAtomic } from '../kernel/files.ts';
import { isJsonObject, type Json } from '../kernel/json.ts';
import type { Paper } from '../kernel/paper.ts';
import { printable, shorten } from '../kernel/text.ts';
import type { Effect, Reader } from '../operation/index.ts';
import { findAll, workTreeFiles } from '../runs/index.ts';
import { readSection } from '../specification/index.ts';
import { changeDeployed } from './change.ts';
import { type BotPlace, botPlace, deployedNamed, readDeployed } from './deployed.ts';
import type { BotEvent, DeployedBot, Reroute } from './model.ts';
import { noSuchBot } from './source.ts';
import { rerouteText } from './words.ts';

/** Where the events of workflows, and of all that happens here, go instead of to the bots that listen. */
export interface Routes {
  readonly workflows: Readonly<Record<string, Reroute>>;
  readonly repo: Reroute | null;
}

const NONE: Routes = { workflows: {}, repo: null };

export function routesFile(stateDirectory: string): string {
  return join(stateDirectory, 'bots', 'routes.json');
}

/** @throws BitError `integrity` where the file is damaged */
export function readRoutes(stateDirectory: string): Routes {
  const path = routesFile(stateDirectory);
  const text = readTextIfExists(path);
  if (text === undefined) return NONE;
  const damaged = new BitError('integrity', `${path} is damaged`, {
    hint: 'put it aside, and reroute again',
  });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw damaged;
  }
  if (!isJsonObject(value) || !isJsonObject(value['workflows'])) throw damaged;
  const route = (one: Json | undefined): Reroute => {
    const [[kind, to] = [], ...more] = isJsonObject(one ?? null) ? Object.entries(one as object) : [];
    if (typeof to !== 'string' || more.length > 0) throw damaged;
    if (kind === 'bot') return { bot: to };
    if (kind === 'runner') return { runner: to };
    if (kind === 'profile') return { profile: to };
    throw damaged;
  };
  const workflows = Object.entries(value['workflows']).map(([name, one]) => [name, route(one)] as const);
  return {
    workflows: Object.fromEntries(workflows),
    repo: value['repo'] === null || value['repo'] === undefined ? null : route(value['repo']),
  };
}

/**
 * Where an event a bot listens to goes: the bot's own reroute counts before its workflow's, and that before the
 * repository's. Null: to the bot itself.
 */
export function routeFor(bot: DeployedBot, event: Pick<BotEvent, 'facts'>, routes: Routes): Reroute | null {
  if (bot.reroute !== null) return bot.reroute;
  const { workflow } = event.facts;
  const named = typeof workflow === 'string' && Object.hasOwn(routes.workflows, workflow);
  const to = (named ? routes.workflows[workflow] : undefined) ?? routes.repo;
  return to !== null && 'bot' in to && to.bot === bot.manifest.name ? null : to;
}

/** As the mesh names its ends. */
const RUNNER = /^aln:\/\/[a-z0-9][a-z0-9._-]{0,63}(?:\/[a-z0-9][a-z0-9._-]{0,63}){0,7}$/;

export interface RerouteRequest {
  /** A bot, a workflow, or `repo`. */
  readonly which: string;
  readonly bot: string | undefined;
  readonly runner: string | undefined;
  readonly profile: string | undefined;
  /** Back to itself. */
  readonly off: boolean;
}

export interface Rerouted {
  readonly of: 'bot' | 'workflow' | 'repo';
  readonly name: string;
  /** Null: to itself again. */
  readonly to: string | null;
  readonly before: string | null;
}

/**
 * Sends the events of a bot, of a workflow or of the whole repository to another bot, or has them handled on a runner of
 * the mesh: the bot stays as it is then, and its process alone is there.
 *
 * @throws BitError `not-found`; `usage` for a way that leads back to itself, and for what names no runner
 */
export async function rerouteEvents(reader: Reader, request: RerouteRequest): Promise<Effect<Rerouted>> {
  const place = await botPlace(reader);
  const to = wayOf(reader, place, request);
  const { which } = request;
  const { bots } = readDeployed(place);
  if (which !== 'repo' && bots.some(({ manifest }) => manifest.name === which))
    return rerouteBot(place, which, to);
  const routes = readRoutes(reader.stateDirectory);
  if (which === 'repo') {
    return setRoutes(reader, {
      rerouted: { of: 'repo', name: which, to: said(to), before: said(routes.repo) },
      routes,
      after: { ...routes, repo: to },
    });
  }
  const workflow = await requireWorkflow(reader, which, bots);
  const { [workflow]: old = null, ...others } = routes.workflows;
  return setRoutes(reader, {
    rerouted: { of: 'workflow', name: workflow, to: said(to), before: said(old) },
    routes,
    after: { ...routes, workflows: to === null ? others : { ...others, [workflow]: to } },
  });
}

function said(to: Reroute | null): string | null {
  return to === null ? null : rerouteText(to);
}

function wayOf({ git }: Reader, place: BotPlace, request: RerouteRequest): Reroute | null {
  const { bot, runner, profile, off } = request;
  const given = [bot, runner, profile].filter((one) => one !== undefined).length + (off ? 1 : 0);
  if (given !== 1)
    throw new BitError('usage', given === 0 ? 'where to?' : 'it can go one way only', {
      hint: 'one of --to-bot, --to-runner, --to-profile and --off',
    });
  if (bot !== undefined) {
    refuseCircle(place, request.which, deployedNamed(place, bot));
    return { bot };
  }
  if (runner !== undefined) {
    if (runner.length > 256 || !RUNNER.test(runner))
      throw new BitError('usage', `${printable(shorten(runner))} is no name of a runner`, {
        hint: 'such as aln://runner/phoenix/alpha; see: bit mesh peers',
      });
    return { runner };
  }
  if (profile === undefined) return null;
  const root = git.paths.root;
  const profiles = Object.keys(
    (root === undefined ? undefined : readSection(root, 'clusters').profiles) ?? {},
  );
  if (!profiles.includes(profile))
    throw new BitError(
      'not-found',
      `clusters.profiles of .bithub.yml has no ${printable(shorten(profile))}`,
      {
        hint: profiles.length > 0 ? `it has: ${profiles.join(', ')}` : 'add it there first',
      },
    );
  return { profile };
}

/** A bot whose events come back to it would hand them on for ever. */
function refuseCircle(place: BotPlace, from: string, to: DeployedBot): void {
  const { bots } = readDeployed(place);
  const seen = new Set([from]);
  for (let at: DeployedBot | undefined = to; at !== undefined; ) {
    const { name } = at.manifest;
    if (seen.has(name))
      throw new BitError('usage', `that leads in a circle: ${[...seen, name].join(' → ')}`, {
        hint: `end it with: bit bot reroute ${name} --off`,
      });
    seen.add(name);
    const next: Reroute | null = at.reroute;
    at = next !== null && 'bot' in next ? bots.find(({ manifest }) => manifest.name === next.bot) : undefined;
  }
}

function rerouteBot(place: BotPlace, name: string, to: Reroute | null): Effect<Rerouted> {
  const before = deployedNamed(place, name);
  const rerouted: Rerouted = { of: 'bot', name, to: said(to), before: said(before.reroute) };
  const { target, ...rest } = told(rerouted);
  return {
    target,
    ...changeDeployed(place, {
      ...rest,
      changes: [{ before, after: { ...before, reroute: to } }],
      out: () => rerouted,
    }),
  };
}

function told(rerouted: Rerouted) {
  const { of, name, to, before } = rerouted;
  const what = of === 'repo' ? 'of this repository' : `of ${of} ${name}`;
  const where = to === null ? (of === 'bot' ? 'to itself again' : 'to who listens again') : `to ${to}`;
  return {
    summary: `send the events ${what} ${where}`,
    target: { of, name, to, before },
    plan: [
      `events ${what} go ${where}${before === null ? '' : `, no longer to ${before}`}`,
      ...(to === null
        ? ['those another bot was given stay with it']
        : ['those that wait already go there too']),
      ...(to === null || to.startsWith('bot ')
        ? []
        : ['what a handler asks of bit there runs here, as the bot, gated and recorded as ever']),
    ],
  };
}

async function requireWorkflow(reader: Reader, name: string, bots: readonly DeployedBot[]): Promise<string> {
  const root = reader.repository?.root;
  const all = root === undefined ? [] : await findAll(workTreeFiles(root));
  const found = all.find((one) => one.name === name || one.path === name);
  if (found !== undefined) return found.name;
  throw noSuchBot(name, [
    'repo',
    ...bots.map(({ manifest }) => manifest.name),
    ...all.map((one) => one.name),
  ]);
}

function setRoutes(
  { stateDirectory }: Reader,
  {
    rerouted,
    routes,
    after,
  }: { readonly rerouted: Rerouted; readonly routes: Routes; readonly after: Routes },
): Effect<Rerouted> {
  return {
    ...told(rerouted),
    touches: { refs: [], files: [routesFile(stateDirectory)] },
    async run() {
      if (JSON.stringify(readRoutes(stateDirectory)) !== JSON.stringify(routes))
        throw new BitError('changed', 'the routes were changed meanwhile; nothing was written');
      writeFileAtomic(routesFile(stateDirectory), `${JSON.stringify(after, null, 2)}\n`, { mode: 0o600 });
      return rerouted;
    },
  };
}

export function renderRerouted({ of, name, to, before }: Rerouted, page: Paper): void {
  const what = of === 'repo' ? 'events of this repository' : `events of ${of} ${name}`;
  page.line(
    page.safe(
      to === null
        ? `${what} go where they went, no longer to ${before ?? 'elsewhere'}`
        : `${what} go to ${to}`,
    ),
  );
}
