import { existsSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { BitError } from '../kernel/errors.ts';
import { nearest, printable } from '../kernel/text.ts';
import type { Reader } from '../operation/index.ts';

/** One image of `.bithub.yml` (`images.services`); what is left out comes from `images.defaults`. */
export interface Service {
  readonly name: string;
  readonly context?: string;
  readonly dockerfile?: string;
  readonly imagePrefix?: string;
  readonly platforms?: readonly string[];
  readonly testCommand?: string;
  readonly buildArgs?: Readonly<Record<string, string>>;
  readonly cache?: { readonly enabled?: boolean; readonly scope?: string };
  readonly sbom?: boolean;
  readonly provenance?: boolean;
  readonly sign?: boolean;
}

/** One image to build. */
export interface Target {
  readonly service: string;
  /** Relative to the root, with `/`; `.` for the root itself. */
  readonly context: string;
  readonly dockerfile: string;
  /** Ends the image's name: `registry/owner/prefix-<suffix>:tag`. */
  readonly suffix: string;
  readonly declared: Service | undefined;
}

/** A tree with more of them is no project's. */
const MOST_TARGETS = 500;

/** The services named in `.bithub.yml`, or every Dockerfile and Containerfile git would list. */
export async function findTargets(
  reader: Reader,
  root: string,
  services: readonly Service[],
): Promise<readonly Target[]> {
  const found =
    services.length > 0 ? services.map((service) => declaredTarget(root, service)) : await discovered(reader);
  const seen = new Map<string, Target>();
  for (const target of found) {
    const before = seen.get(target.suffix);
    if (before !== undefined)
      throw new BitError(
        'usage',
        `${before.dockerfile} and ${target.dockerfile} would have one image name, …-${target.suffix}`,
        { hint: 'name them apart in .bithub.yml under images.services' },
      );
    seen.set(target.suffix, target);
  }
  return found;
}

/** Those named, or all. @throws BitError `not-found` with the nearest name */
export function chooseTargets(targets: readonly Target[], names: readonly string[]): readonly Target[] {
  if (names.length === 0) return targets;
  return names.map((name) => {
    const target = targets.find((candidate) => candidate.service === name);
    if (target !== undefined) return target;
    const known = targets.map(({ service }) => service);
    const near = nearest(name, known);
    const hint =
      near.length > 0
        ? `did you mean: ${near.join(', ')}`
        : known.length > 0
          ? `there is: ${known.join(', ')}`
          : 'there is no Dockerfile or Containerfile here';
    throw new BitError('not-found', `no image is called ${printable(name)}`, { hint });
  });
}

async function discovered(reader: Reader): Promise<readonly Target[]> {
  const names = ['Dockerfile', 'Containerfile'].flatMap((name) => [
    `:(top,icase,glob)${name}`,
    `:(top,icase,glob)**/${name}`,
  ]);
  const list = [
    'ls-files',
    '-z',
    '--cached',
    '--others',
    '--exclude-standard',
    '--full-name',
    '--',
    ...names,
  ];
  const { stdout } = await reader.git.read(list, { encoding: 'utf8' });
  const root = reader.repository?.root ?? reader.cwd;
  const files = [...new Set(stdout.split('\0').filter((file) => file !== ''))]
    .filter((file) => statSync(join(root, file), { throwIfNoEntry: false })?.isFile() === true)
    .sort();
  if (files.length > MOST_TARGETS)
    throw new BitError('usage', `the tree holds ${files.length} Dockerfiles; ${MOST_TARGETS} are the most`, {
      hint: 'name those to build in .bithub.yml under images.services',
    });
  return files.map((file) => {
    const context = dirname(file);
    const service = context === '.' ? 'root' : suffixOf(context);
    const suffix = /^dockerfile$/i.test(basename(file)) ? service : twin(files, file, service);
    inside(root, file);
    return { service: suffix, context, dockerfile: file, suffix, declared: undefined };
  });
}

/** A Containerfile beside a Dockerfile is an image of its own. */
function twin(files: readonly string[], file: string, service: string): string {
  const same = files.some((other) => other !== file && dirname(other) === dirname(file));
  return same ? `${service}-containerfile` : service;
}

function declaredTarget(root: string, service: Service): Target {
  const context = inside(root, service.context ?? '.');
  const names = service.dockerfile === undefined ? ['Dockerfile', 'Containerfile'] : [service.dockerfile];
  const files = names.map((name) => inside(root, join(context, name)));
  const [first = context] = files;
  const dockerfile = files.find((file) => existsSync(join(root, file))) ?? first;
  if (statSync(join(root, dockerfile), { throwIfNoEntry: false })?.isFile() !== true)
    throw new BitError('not-found', `${service.name}: there is no file ${dockerfile}`, {
      hint: 'images.services[].dockerfile is relative to its context',
      details: { service: service.name },
    });
  return { service: service.name, context, dockerfile, suffix: suffixOf(service.name), declared: service };
}

/** What a registry takes in a name: lower case, digits, single separators. */
function suffixOf(text: string): string {
  return (
    text
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-|-$/g, '')
      .slice(0, 100) || 'root'
  );
}

/** Relative to the root. @throws BitError `usage` for a path, or a link, that leads out of it */
function inside(root: string, path: string): string {
  const real = realpathSync(root);
  const full = resolve(real, path);
  let target = full;
  try {
    target = realpathSync(full);
  } catch {
    // told of by whoever needs it to be there
  }
  for (const place of [full, target]) {
    const way = relative(real, place);
    if (way === '..' || way.startsWith(`..${sep}`) || isAbsolute(way))
      throw new BitError('usage', `${printable(path)} lies outside the repository`);
  }
  return relative(real, full).split(sep).join('/') || '.';
}
