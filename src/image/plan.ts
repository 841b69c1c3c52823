import { BitError } from '../kernel/errors.ts';
import type { Reader } from '../operation/index.ts';
import type { LayerCache } from './engine.ts';
import { checkBuildArg, checkImageName, checkRegistry, checkTag, isLoopback, timestampTag } from './names.ts';
import { checkPlatform, localPlatform } from './platform.ts';
import { type ImageDefaults, readImageSettings } from './settings.ts';
import { chooseTargets, findTargets, type Target } from './targets.ts';

/** As asked on the command line or by a flow; what is left out comes from `.bithub.yml`, then from here. */
export interface ImageRequest {
  /** Services by name; none: all. */
  readonly services: readonly string[];
  readonly registry?: string;
  readonly owner?: string;
  readonly prefix?: string;
  readonly tag?: string;
  readonly platforms?: readonly string[];
  readonly buildArgs?: readonly string[];
  readonly testCommand?: string;
  readonly push: boolean;
  readonly sign?: boolean;
  readonly sbom?: boolean;
  readonly provenance?: boolean;
  readonly cache?: boolean;
  readonly cacheScope?: string;
  /** Attempts of each step. */
  readonly retries?: number;
  readonly backoffSeconds?: number;
  readonly engine?: 'docker' | 'podman' | 'buildah';
  /** Where the registry's password is: `env:NAME` or `secret:NAME`. */
  readonly credentials?: string;
  readonly username?: string;
}

/** One image as it is going to be built. */
export interface PlannedImage {
  readonly target: Target;
  /** `registry/owner/prefix-service:tag` */
  readonly image: string;
  /** The local one first, where it is among them. */
  readonly platforms: readonly string[];
  readonly buildArgs: Readonly<Record<string, string>>;
  readonly testCommand: string;
  readonly cache: LayerCache | undefined;
  readonly sbom: boolean;
  readonly provenance: boolean;
  readonly sign: boolean;
}

export interface ImagePlan {
  readonly root: string;
  readonly registry: string;
  readonly insecure: boolean;
  readonly prefix: string;
  readonly tag: string;
  readonly images: readonly PlannedImage[];
  readonly push: boolean;
  readonly retries: number;
  readonly backoffSeconds: number;
}

const TEST_COMMAND = `/bin/sh -lc 'echo "container is healthy"'`;
const REGISTRY = 'ghcr.io';

/** @throws BitError `usage`, `not-found` */
export async function planImages(reader: Reader, request: ImageRequest): Promise<ImagePlan> {
  const root = reader.repository?.root;
  if (root === undefined)
    throw new BitError('not-found', 'images are built from a repository with a work tree', {
      hint: 'start one with: bit init',
    });
  const { defaults, services } = readImageSettings(root);
  const targets = chooseTargets(await findTargets(reader, root, services), request.services);
  if (targets.length === 0)
    throw new BitError('not-found', 'there is no Dockerfile or Containerfile here', {
      hint: 'add one, or name it in .bithub.yml under images.services',
    });
  const registry = checkRegistry(request.registry ?? REGISTRY);
  const owner =
    request.owner === undefined ? await ownerOf(reader) : checkImageName('the owner', request.owner);
  const tag = request.tag === undefined ? timestampTag(reader.now()) : checkTag(request.tag);
  const prefix = checkImageName('the prefix', request.prefix ?? defaults.imagePrefix ?? 'app');
  const common = { registry, owner, tag, prefix, defaults };
  return {
    root,
    registry,
    insecure: isLoopback(registry),
    prefix,
    tag,
    images: targets.map((target) => planImage(target, request, common)),
    push: request.push,
    retries: request.retries ?? 2,
    backoffSeconds: request.backoffSeconds ?? 5,
  };
}

interface Common {
  readonly registry: string;
  readonly owner: string;
  readonly tag: string;
  readonly prefix: string;
  readonly defaults: ImageDefaults;
}

function planImage(target: Target, request: ImageRequest, common: Common): PlannedImage {
  const { defaults } = common;
  // the command line, then the service, then the defaults for all
  const declared = { ...defaults, ...target.declared };
  const prefix = checkImageName('the prefix', request.prefix ?? declared.imagePrefix ?? common.prefix);
  const base = `${common.registry}/${common.owner}/${prefix}`;
  const local = localPlatform();
  const wanted = request.platforms ?? declared.platforms ?? [local];
  const cache = { ...defaults.cache, ...target.declared?.cache };
  const caching = request.push && (request.cache ?? cache.enabled ?? true);
  const scope = request.cacheScope ?? cache.scope ?? 'default';
  return {
    target,
    image: `${base}-${target.suffix}:${common.tag}`,
    platforms: [...new Set(wanted.map(checkPlatform))].sort(
      (a, b) => Number(b === local) - Number(a === local),
    ),
    buildArgs: {
      ...defaults.buildArgs,
      ...target.declared?.buildArgs,
      ...Object.fromEntries((request.buildArgs ?? []).map(checkBuildArg)),
    },
    testCommand: request.testCommand ?? declared.testCommand ?? TEST_COMMAND,
    cache: caching
      ? { repository: `${base}-cache`, scope: checkImageName('the cache scope', scope) }
      : undefined,
    sbom: request.sbom ?? declared.sbom ?? true,
    provenance: request.provenance ?? declared.provenance ?? true,
    sign: request.sign ?? declared.sign ?? false,
  };
}

/** The owner of the repository where it came from, as a registry's part of a name; `local` where it came from nowhere. */
async function ownerOf(reader: Reader): Promise<string> {
  const remotes = await reader.git.remotes();
  const url = (remotes.find(({ name }) => name === 'origin') ?? remotes[0])?.fetch;
  const path = /(?:[/:])([^/:]+)\/[^/]+?(?:\.git)?\/?$/.exec(url ?? '')?.[1]?.toLowerCase();
  return path !== undefined && /^[a-z0-9]+(?:[._-][a-z0-9]+)*$/.test(path) ? path : 'local';
}
