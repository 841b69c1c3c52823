import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { BitError } from '../kernel/errors.ts';
import { readTextIfExists, writeFileAtomic } from '../kernel/files.ts';
import { isJsonObject, type Json, type JsonObject } from '../kernel/json.ts';

/** One deployment to a target. Written before anything starts, and again when it ended. */
export interface Release {
  /** ULID, that of its run too. */
  readonly id: string;
  /** RFC 3339. */
  readonly at: string;
  /** Commit it was made of; null before the first one. */
  readonly commit: string | null;
  /** The work tree held more than the commit. */
  readonly dirty: boolean;
  /** `begun` also of one that died in the middle. */
  readonly state: 'begun' | 'good' | 'failed' | 'taken-back';
  readonly operation: string;
  readonly why: string | null;
}

export interface History {
  /** The release that stands there, as far as it is known. */
  readonly standing: string | null;
  /** Oldest first. */
  readonly releases: readonly Release[];
}

const VERSION = 1;
/** Records kept of a target; folders of releases are kept fewer. */
const MOST = 200;

export function deployDirectory(stateDirectory: string): string {
  return join(stateDirectory, 'deploy');
}

const fileOf = (stateDirectory: string, target: string): string =>
  join(deployDirectory(stateDirectory), target, 'history.json');

/** What a release may keep for itself, between its deployment and the way back to it. */
export function releaseFolder(stateDirectory: string, target: string, id: string): string {
  return join(deployDirectory(stateDirectory), target, 'releases', id);
}

/** @throws BitError `integrity` where the file is damaged */
export function readHistory(stateDirectory: string, target: string): History {
  const path = fileOf(stateDirectory, target);
  const text = readTextIfExists(path);
  if (text === undefined) return { standing: null, releases: [] };
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    document = undefined;
  }
  if (isJsonObject(document) && document['version'] === VERSION && Array.isArray(document['releases'])) {
    const { standing } = document;
    const releases = (document['releases'] as Json[]).flatMap((one) => releaseFrom(one) ?? []);
    if (releases.length === document['releases'].length)
      return { standing: typeof standing === 'string' ? standing : null, releases };
  }
  throw new BitError('integrity', `${path} is damaged`, {
    hint: 'take it away to begin a new history of releases; the ledger has the old one: bit ledger list',
  });
}

export function writeHistory(stateDirectory: string, target: string, { standing, releases }: History): void {
  const document = { version: VERSION, standing, releases: releases.slice(-MOST).map((one) => ({ ...one })) };
  const text = `${JSON.stringify(document, null, 2)}\n`;
  writeFileAtomic(fileOf(stateDirectory, target), text, { mode: 0o600 });
}

/** Names of the targets that anything was deployed to. */
export function deployedTargets(stateDirectory: string): readonly string[] {
  try {
    return readdirSync(deployDirectory(stateDirectory), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name)
      .sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** Takes away what releases kept that are neither among the newest good ones nor the one that stands. */
export function dropOldFolders(stateDirectory: string, target: string, keep: number): void {
  const { standing, releases } = readHistory(stateDirectory, target);
  const good = releases.filter(({ state }) => state === 'good').slice(-keep);
  const kept = new Set([standing, ...good.map(({ id }) => id)]);
  for (const { id } of releases)
    if (!kept.has(id)) rmSync(releaseFolder(stateDirectory, target, id), { recursive: true, force: true });
}

/** The same history with one release as it is now. */
export function withRelease(history: History, release: Release, standing = history.standing): History {
  const others = history.releases.filter(({ id }) => id !== release.id);
  const at = history.releases.findIndex(({ id }) => id === release.id);
  const place = at < 0 ? others.length : at;
  return { standing, releases: [...others.slice(0, place), release, ...others.slice(place)] };
}

function releaseFrom(value: Json): Release | undefined {
  if (!isJsonObject(value)) return undefined;
  const { id, at, commit, dirty, state, operation, why } = value;
  const states = ['begun', 'good', 'failed', 'taken-back'] as const;
  const known = states.find((one) => one === state);
  if (typeof id !== 'string' || typeof at !== 'string' || known === undefined) return undefined;
  if (typeof operation !== 'string' || typeof dirty !== 'boolean') return undefined;
  return {
    ...{ id, at, dirty, operation, state: known },
    commit: typeof commit === 'string' ? commit : null,
    why: typeof why === 'string' ? why : null,
  };
}

export function releaseJson(release: Release): JsonObject {
  return { ...release };
}
