/**
 * What is deployed: `<state>/bots/deployed/<name>.json` of this repository, and `<user>/bots/org/<owner>/<name>.json`
 * for every clone whose origin belongs to that owner. A file a bot, so that undo takes it back.
 */
import { existsSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { readBoundedFile } from '../kernel/bounded-file.ts';
import { sha256 } from '../kernel/digest.ts';
import { BitError, isBitError } from '../kernel/errors.ts';
import { writeFileAtomic } from '../kernel/files.ts';
import { canonicalJson, isJsonObject, type Json, type JsonObject } from '../kernel/json.ts';
import type { Reader } from '../operation/index.ts';
import { forgeOf } from '../repository/index.ts';
import { checkBotCapability, checkBotName, checkBotPath, checkSubscription, parseBot } from './manifest.ts';
import {
  BOT_EVENTS,
  type BotScope,
  type DeployedBot,
  type DeployedFile,
  type Reroute,
  type Subscription,
} from './model.ts';
import { BOT_NAME } from './shape.ts';
import { manifestPath, noneDeployed } from './source.ts';

const VERSION = 1;
const MOST_BYTES = 8 * 1024 * 1024;

/** Where deployed bots lie. */
export interface BotPlace {
  /** Undefined outside a repository. */
  readonly stateDirectory: string | undefined;
  readonly userDirectory: string;
  /** `github.com/acme`, of origin; undefined where it is nobody's. */
  readonly owner: string | undefined;
}

export async function botPlace(reader: Reader): Promise<BotPlace> {
  const { repository, stateDirectory, userDirectory } = reader;
  if (repository === undefined) return { stateDirectory: undefined, userDirectory, owner: undefined };
  return { stateDirectory, userDirectory, owner: await ownerOf(reader) };
}

/** Whose origin is, host first, in small letters. */
async function ownerOf({ git }: Reader): Promise<string | undefined> {
  const origin = (await git.remotes()).find(({ name }) => name === 'origin')?.fetch;
  if (origin === undefined) return undefined;
  try {
    const { host, pathname } = new URL(forgeOf(origin).home);
    const owner = pathname.split('/').slice(1, -1).join('/');
    return owner === '' ? undefined : `${host}/${owner}`.toLowerCase();
  } catch (error) {
    // a folder of this machine
    if (isBitError(error)) return undefined;
    throw error;
  }
}

function folderOf(place: BotPlace, scope: BotScope): string {
  if (scope !== 'repo')
    return join(place.userDirectory, 'bots', 'org', encodeURIComponent(scope.slice('org:'.length)));
  if (place.stateDirectory === undefined)
    throw new BitError('not-found', 'there is no repository here for a bot to work in');
  return join(place.stateDirectory, 'bots', 'deployed');
}

export function deployedPath(place: BotPlace, scope: BotScope, name: string): string {
  return join(folderOf(place, scope), `${checkBotName(name)}.json`);
}

/** What a bot's digest is over: its manifest's text and its files by name. */
export function botDigest(text: string, files: readonly DeployedFile[]): string {
  const told = { manifest: text, files: files.map(({ path, sha256: digest }) => ({ path, sha256: digest })) };
  return `sha256:${sha256(canonicalJson(told)).toString('hex')}`;
}

export interface DeployedBots {
  /** By name; one of the repository stands before one of its owner's. */
  readonly bots: readonly DeployedBot[];
  /** Files that are not what was written. */
  readonly damaged: readonly { readonly path: string; readonly why: string }[];
}

export function readDeployed(place: BotPlace): DeployedBots {
  const scopes: BotScope[] = [
    ...(place.stateDirectory === undefined ? [] : ['repo' as const]),
    ...(place.owner === undefined ? [] : [`org:${place.owner}` as const]),
  ];
  const bots = new Map<string, DeployedBot>();
  const damaged: { path: string; why: string }[] = [];
  for (const scope of scopes)
    for (const name of namesIn(folderOf(place, scope))) {
      if (bots.has(name)) continue;
      const path = deployedPath(place, scope, name);
      try {
        bots.set(name, readDeployedFile(path, scope));
      } catch (error) {
        if (!isBitError(error)) throw error;
        damaged.push({ path, why: error.message });
      }
    }
  return { bots: [...bots.values()].sort((a, b) => (a.manifest.name < b.manifest.name ? -1 : 1)), damaged };
}

function namesIn(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .flatMap((file) => (file.endsWith('.json') ? [file.slice(0, -'.json'.length)] : []))
    .filter((name) => BOT_NAME.test(name))
    .sort();
}

/** The deployed bots that hold here. */
export async function deployedBots(reader: Reader): Promise<DeployedBots> {
  return readDeployed(await botPlace(reader));
}

/** @throws BitError `not-found` with the nearest names, `integrity` where its file is damaged */
export function deployedNamed(place: BotPlace, name: string): DeployedBot {
  const { bots, damaged } = readDeployed(place);
  const found = bots.find(({ manifest }) => manifest.name === name);
  if (found !== undefined) return found;
  const bad = damaged.find(({ path }) => basename(path) === `${name}.json`);
  if (bad !== undefined) throw damage(bad.path, bad.why);
  throw noneDeployed(
    name,
    bots.map(({ manifest }) => manifest.name),
  );
}

export function writeDeployed(place: BotPlace, bot: DeployedBot): void {
  const { manifest, ...rest } = bot;
  const document = { v: VERSION, name: manifest.name, ...rest } as unknown as JsonObject;
  const path = deployedPath(place, bot.scope, manifest.name);
  writeFileAtomic(path, `${JSON.stringify(document, null, 2)}\n`, { mode: 0o600 });
}

/** @throws BitError `integrity` where it is not what was written */
export function readDeployedFile(path: string, scope: BotScope): DeployedBot {
  let value: unknown;
  try {
    value = JSON.parse(readBoundedFile(path, MOST_BYTES).toString('utf8'));
  } catch {
    throw damage(path, 'it is no JSON');
  }
  if (!isJsonObject(value) || value['v'] !== VERSION) throw damage(path, 'it is of no version known here');
  try {
    return botFrom(value, scope);
  } catch (error) {
    if (!isBitError(error)) throw error;
    throw damage(path, error.message);
  }
}

function botFrom(value: JsonObject, scope: BotScope): DeployedBot {
  const { name, text, digest, deployed, account, updates } = value;
  const manifest = parseBot(manifestPath(textIn(name, 'name')), textIn(text, 'text'), textIn(name, 'name'));
  const files = listIn(value['files'], 'files').map(fileFrom);
  if (botDigest(textIn(text, 'text'), files) !== digest) throw wrong('digest');
  return {
    manifest,
    text: textIn(text, 'text'),
    files,
    digest: textIn(digest, 'digest'),
    deployed: textIn(deployed, 'deployed'),
    scope,
    granted: listIn(value['granted'], 'granted').map((one) => checkBotCapability(textIn(one, 'granted'))),
    account: account === null ? null : textIn(account, 'account'),
    paused: value['paused'] === true,
    reroute: rerouteFrom(value['reroute']),
    links: listIn(value['links'], 'links').map(subscriptionFrom),
    updates: updates === null ? null : textIn(updates, 'updates'),
  };
}

function fileFrom(value: Json): DeployedFile {
  if (!isJsonObject(value)) throw wrong('files');
  const { path, sha256: digest, text } = value;
  const file = {
    path: checkBotPath(textIn(path, 'path')),
    sha256: textIn(digest, 'sha256'),
    text: textIn(text, 'text'),
  };
  if (sha256(file.text).toString('hex') !== file.sha256) throw wrong(file.path);
  return file;
}

function rerouteFrom(value: Json | undefined): Reroute | null {
  if (value === null) return null;
  const [[kind, to] = [], ...more] = isJsonObject(value) ? Object.entries(value) : [];
  if (more.length > 0 || typeof to !== 'string') throw wrong('reroute');
  if (kind === 'bot') return { bot: to };
  if (kind === 'runner') return { runner: to };
  if (kind === 'profile') return { profile: to };
  throw wrong('reroute');
}

function subscriptionFrom(value: Json): Subscription {
  if (!isJsonObject(value)) throw wrong('links');
  const { cron, condition } = value;
  const event = BOT_EVENTS.find((one) => one === value['event']);
  if (event === undefined) throw wrong('links');
  const texts = (member: string) => listIn(value[member], member).map((one) => textIn(one, member));
  return checkSubscription({
    event,
    kinds: texts('kinds'),
    workflows: texts('workflows'),
    branches: texts('branches'),
    paths: texts('paths'),
    ...(cron === undefined ? {} : { cron: textIn(cron, 'cron') }),
    ...(condition === undefined ? {} : { condition: textIn(condition, 'condition') }),
  });
}

function textIn(value: Json | undefined, member: string): string {
  if (typeof value !== 'string') throw wrong(member);
  return value;
}

function listIn(value: Json | undefined, member: string): readonly Json[] {
  if (!Array.isArray(value)) throw wrong(member);
  return value as readonly Json[];
}

function wrong(member: string): BitError {
  return new BitError('integrity', `its ${member} is not what was written`);
}

function damage(path: string, why: string): BitError {
  return new BitError('integrity', `${path} is damaged: ${why}`, {
    hint: 'put it aside, and deploy the bot again: bit bot deploy',
    details: { path },
  });
}
