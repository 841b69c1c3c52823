import { lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BitError } from '../kernel/errors.ts';
import { isJsonObject, type JsonObject } from '../kernel/json.ts';
import { printable, shorten } from '../kernel/text.ts';
import { type InstalledPackage, readInstalled, readLock } from './installed.ts';
import { type CheckFinding, type Level, type OneCheck, verdict, without } from './model.ts';
import { isVulnerable } from './versions.ts';

const PATIENCE = 20_000;
const MOST_ANSWER = 32 << 20;
const PUBLIC = 'https://registry.npmjs.org/';
const SEVERITIES = ['info', 'low', 'moderate', 'high', 'critical'];

export interface DependencyOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly policy: JsonObject;
  readonly signal: AbortSignal;
  /** Ask nobody. */
  readonly offline: boolean;
}

/**
 * Known faults of the npm packages a repository depends on, by the bulk advisories of its registry. Only names and
 * versions are sent. What could not be asked is `unknown`, never a pass.
 */
export async function checkDependencies(root: string, options: DependencyOptions): Promise<OneCheck> {
  const packages = readLock(root) ?? readInstalled(root);
  if (packages.length === 0)
    return without(
      'dependencies',
      'skipped',
      'no package-lock.json, and no package is installed; other ecosystems are not looked at',
    );
  if (options.offline)
    return without('dependencies', 'skipped', `${packages.length} packages were not asked about: --offline`);
  const registry = registryOf(root, options.env);
  const asked = await ask(registry, packages, options.signal);
  if (typeof asked === 'string')
    return {
      ...without('dependencies', 'unknown', `${registry.origin} did not tell: ${asked}`),
      looked: packages.length,
    };
  const threshold = thresholdOf(options.policy);
  const findings = packages.flatMap((one) => findingsOf(one, asked[one.name], threshold));
  return { check: 'dependencies', outcome: verdict(findings), looked: packages.length, findings };
}

interface Threshold {
  /** Index in {@link SEVERITIES} from which a finding is an error. */
  readonly least: number;
  readonly allowed: ReadonlySet<string>;
}

/** `policy.security.vulnThreshold`: fails above it. Where none is set: moderate and worse. */
function thresholdOf(policy: JsonObject): Threshold {
  const security = isJsonObject(policy['security']) ? policy['security'] : {};
  const word = security['vulnThreshold'];
  const at = typeof word === 'string' ? SEVERITIES.indexOf(word === 'medium' ? 'moderate' : word) : -1;
  const allowed = Array.isArray(security['allowlistPackages']) ? security['allowlistPackages'] : [];
  return { least: at < 0 ? 2 : at + 1, allowed: new Set(allowed.map(String)) };
}

function findingsOf(
  one: InstalledPackage,
  advisories: unknown,
  { least, allowed }: Threshold,
): CheckFinding[] {
  if (!Array.isArray(advisories)) return [];
  return advisories.slice(0, 200).flatMap((value): CheckFinding[] => {
    if (!isJsonObject(value)) return [];
    const range = String(value['vulnerable_versions'] ?? '*');
    if (!isVulnerable(one.version, range)) return [];
    const severity = String(value['severity'] ?? 'high');
    const known = SEVERITIES.indexOf(severity);
    const fails = (known < 0 || known >= least) && !allowed.has(one.name);
    const level: Level = fails ? 'error' : known >= 2 ? 'warning' : 'note';
    const url =
      typeof value['url'] === 'string' && /^https:\/\/[\w./-]{1,300}$/.test(value['url'])
        ? value['url']
        : undefined;
    const title = printable(shorten(String(value['title'] ?? 'a known fault'), 200));
    return [
      {
        check: 'dependencies',
        level,
        rule:
          /GHSA(?:-[\w]{4}){3}/.exec(url ?? '')?.[0] ??
          `advisory-${String(value['id'] ?? 'unknown')
            .replace(/[^\w-]/g, '')
            .slice(0, 40)}`,
        path: one.path,
        line: one.line,
        column: 1,
        message: `${one.name} ${one.version}: ${title} (${printable(shorten(severity, 20))}; ${printable(shorten(range, 100))}${one.dev ? '; for development' : ''})`,
        ...(url === undefined ? {} : { url }),
      },
    ];
  });
}

/** The advisories by package, or why there are none. */
async function ask(
  registry: URL,
  packages: readonly InstalledPackage[],
  signal: AbortSignal,
): Promise<JsonObject | string> {
  const versions = new Map<string, Set<string>>();
  for (const { name, version } of packages) {
    if (version === '') continue;
    const known = versions.get(name) ?? new Set();
    versions.set(name, known.add(version));
  }
  const body = JSON.stringify(Object.fromEntries([...versions].map(([name, all]) => [name, [...all]])));
  try {
    const answer = await fetch(new URL('-/npm/v1/security/advisories/bulk', registry), {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json', 'user-agent': 'bit' },
      body,
      redirect: 'error',
      signal: AbortSignal.any([signal, AbortSignal.timeout(PATIENCE)]),
    });
    if (!answer.ok) return `HTTP ${answer.status}`;
    const parts: Uint8Array[] = [];
    let size = 0;
    for await (const part of answer.body ?? []) {
      size += part.length;
      if (size > MOST_ANSWER) return 'its answer is too large';
      parts.push(part);
    }
    const value: unknown = JSON.parse(Buffer.concat(parts).toString('utf8'));
    return isJsonObject(value) ? value : 'its answer is no list of advisories';
  } catch (error) {
    if (signal.aborted) throw new BitError('cancelled', 'interrupted', { cause: error });
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : undefined;
    return printable(shorten(cause ?? (error instanceof Error ? error.message : String(error)), 200));
  }
}

/** As npm finds it: the environment, the project's .npmrc, the public one. Plain HTTP only to this machine. */
function registryOf(root: string, env: DependencyOptions['env']): URL {
  const text = env['npm_config_registry'] ?? env['NPM_CONFIG_REGISTRY'] ?? fromNpmrc(root) ?? PUBLIC;
  const url = URL.canParse(text) ? new URL(text.endsWith('/') ? text : `${text}/`) : undefined;
  const local = url?.protocol === 'http:' && /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname);
  if (
    url === undefined ||
    (url.protocol !== 'https:' && !local) ||
    url.username !== '' ||
    url.password !== ''
  )
    throw new BitError(
      'usage',
      `the registry ${printable(shorten(text.replace(/\/\/[^/]*@/, '//***@'), 100))} is not asked: it must be https, without a password`,
    );
  return url;
}

function fromNpmrc(root: string): string | undefined {
  const path = join(root, '.npmrc');
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat?.isFile() !== true || stat.size > 1 << 16) return undefined;
  return /^registry\s{0,9}=\s{0,9}(\S{1,500})\s*$/m.exec(readFileSync(path, 'utf8'))?.[1];
}
