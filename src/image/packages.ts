import { isJsonObject } from '../kernel/json.ts';

export interface Package {
  readonly name: string;
  readonly version: string;
  /** Package URL (purl-spec). */
  readonly purl: string;
  /** As declared, where it is. */
  readonly licence: string | undefined;
  /** The record it was read from. */
  readonly path: string;
}

const PLACES: readonly (readonly [
  RegExp,
  (text: string, path: string, distribution: string) => Package[],
])[] = [
  [/^var\/lib\/dpkg\/(?:status|status\.d\/[^/]+)$/, fromDpkg],
  [/^(?:usr\/)?lib\/apk\/db\/installed$/, fromApk],
  [/(?:^|\/)node_modules\/(?:@[^/]+\/)?[^/]+\/package\.json$/, fromNpm],
  [/\.dist-info\/METADATA$/, fromPython],
];

const RELEASE = /^(?:etc|usr\/lib)\/os-release$/;
const MOST_PACKAGES = 100_000;

/** Whether something can be learnt of packages from the file. */
export function isPackageFile(path: string): boolean {
  return RELEASE.test(path) || PLACES.some(([place]) => place.test(path));
}

/** Packages by the records their managers leave: dpkg, apk, npm, pip. */
export function packagesOf(files: ReadonlyMap<string, string>): readonly Package[] {
  const release = [...files].find(([path]) => RELEASE.test(path))?.[1] ?? '';
  const distribution = /^ID="?([a-z0-9._-]{1,64})"?$/m.exec(release)?.[1] ?? 'linux';
  const found = new Map<string, Package>();
  for (const [path, text] of files) {
    const read = PLACES.find(([place]) => place.test(path))?.[1];
    for (const item of read?.(text, path, distribution) ?? []) {
      if (found.size < MOST_PACKAGES) found.set(item.purl, item);
    }
  }
  return [...found.values()].sort((a, b) => (a.purl < b.purl ? -1 : 1));
}

function purl(type: string, name: string, version: string, space?: string, qualifiers = ''): string {
  const parts = [space, name].filter((part) => part !== undefined && part !== '');
  const path = parts.map((part) => encodeURIComponent(part as string)).join('/');
  return `pkg:${type}/${path}@${encodeURIComponent(version)}${qualifiers}`;
}

/** deb-control(5): stanzas of `Field: value`. */
function fromDpkg(text: string, path: string, distribution: string): Package[] {
  return stanzas(text, ': ').flatMap((fields) => {
    const name = fields.get('Package');
    const version = fields.get('Version');
    const status = fields.get('Status');
    if (name === undefined || version === undefined) return [];
    if (status !== undefined && !status.endsWith(' installed')) return [];
    const architecture = fields.get('Architecture');
    const qualifiers = architecture === undefined ? '' : `?arch=${encodeURIComponent(architecture)}`;
    return [
      { name, version, purl: purl('deb', name, version, distribution, qualifiers), licence: undefined, path },
    ];
  });
}

/** apk-tools: stanzas of one letter, a colon and a value. */
function fromApk(text: string, path: string, distribution: string): Package[] {
  return stanzas(text, ':').flatMap((fields) => {
    const name = fields.get('P');
    const version = fields.get('V');
    if (name === undefined || version === undefined) return [];
    return [
      { name, version, purl: purl('apk', name, version, distribution), licence: fields.get('L'), path },
    ];
  });
}

function stanzas(text: string, separator: string): ReadonlyMap<string, string>[] {
  return text.split(/\n\s*\n/).map((stanza) => {
    const fields = new Map<string, string>();
    for (const line of stanza.split('\n')) {
      const at = line.indexOf(separator);
      if (at > 0 && !line.startsWith(' '))
        fields.set(line.slice(0, at), line.slice(at + separator.length).trim());
    }
    return fields;
  });
}

function fromNpm(text: string, path: string): Package[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return [];
  }
  if (!isJsonObject(value)) return [];
  const { name, version, license } = value;
  if (typeof name !== 'string' || typeof version !== 'string') return [];
  const [space, own] = name.startsWith('@') ? name.split('/') : [undefined, name];
  const licence = typeof license === 'string' ? license : undefined;
  return [{ name, version, purl: purl('npm', own ?? name, version, space), licence, path }];
}

/** Core metadata (PyPA): header fields before the first empty line. */
function fromPython(text: string, path: string): Package[] {
  const [fields] = stanzas(text.split(/\n\r?\n/)[0] ?? '', ': ');
  const name = fields?.get('Name');
  const version = fields?.get('Version');
  if (name === undefined || version === undefined) return [];
  const normal = name.toLowerCase().replace(/[-_.]+/g, '-');
  return [{ name, version, purl: purl('pypi', normal, version), licence: fields?.get('License'), path }];
}
