import { BitError } from '../kernel/errors.ts';
import { printable, shorten } from '../kernel/text.ts';

/** Longer than any name git can store in a file; keeps hostile input out of error messages and argument lists. */
const MAX_NAME = 1024;
const MAX_REMOTE = 4096;

function refuse(kind: string, text: string, reason: string, hint?: string): never {
  const shown = printable(shorten(text));
  throw new BitError('usage', `${kind} '${shown}': ${reason}`, {
    ...(hint === undefined ? {} : { hint }),
    details: { value: shown },
  });
}

function refuseUnprintable(kind: string, text: string, limit: number): void {
  if (text === '') refuse(kind, text, 'is empty');
  if (text.length > limit) refuse(kind, text, `is longer than ${limit} characters`);
  if (/[\u0000-\u001f\u007f]/.test(text)) refuse(kind, text, 'contains a control character');
  if (!text.isWellFormed()) refuse(kind, text, 'is not well-formed Unicode');
}

/** Why git-check-ref-format(1) refuses `name` (one level allowed), or undefined. */
function refNameFault(name: string): string | undefined {
  if (name === '@') return "is the single character '@'";
  if (/[ ~^:?*[\\]/.test(name)) return 'contains a space or one of ~ ^ : ? * [ \\';
  if (name.includes('..')) return "contains '..'";
  if (name.includes('@{')) return "contains '@{'";
  if (name.endsWith('.')) return "ends with '.'";
  for (const part of name.split('/')) {
    if (part === '') return "begins or ends with '/' or contains '//'";
    if (part.startsWith('.')) return "has a part that begins with '.'";
    if (part.endsWith('.lock')) return "has a part that ends with '.lock'";
  }
  return undefined;
}

/**
 * A ref, full (`refs/heads/main`, `HEAD`) or short (`main`), by the rules of git-check-ref-format(1), and never
 * one that git could take for an option. Returns it.
 *
 * @throws BitError 'usage' naming it
 */
export function checkRefName(name: string): string {
  refuseUnprintable('ref', name, MAX_NAME);
  if (name.startsWith('-')) refuse('ref', name, "begins with '-'");
  const fault = refNameFault(name);
  return fault === undefined ? name : refuse('ref', name, fault);
}

/** As {@link checkRefName}, for the short name of a branch or tag that is to be made: neither `HEAD` nor `refs/…`. */
export function checkShortName(kind: 'branch' | 'tag', name: string): string {
  refuseUnprintable(kind, name, MAX_NAME);
  if (name.startsWith('-')) refuse(kind, name, "begins with '-'");
  if (name === 'HEAD') refuse(kind, name, 'is reserved');
  if (name.startsWith('refs/'))
    refuse(kind, name, 'is a full ref name', `Give the short name: ${kind}/${kind} and not refs/…`);
  const fault = refNameFault(name);
  return fault === undefined ? name : refuse(kind, name, fault);
}

/**
 * A revision as gitrevisions(7) has it, for one object: no range (`..`), nothing git could take for an option.
 * Whether it exists is not asked.
 */
export function checkRevision(revision: string): string {
  refuseUnprintable('revision', revision, MAX_NAME);
  if (revision.startsWith('-')) refuse('revision', revision, "begins with '-'");
  if (revision.startsWith('^')) refuse('revision', revision, "begins with '^'");
  if (revision.includes('..')) refuse('revision', revision, 'is a range where one revision is wanted');
  return revision;
}

/** `[+]src[:dst]`, each side a ref, a revision, a pattern with `*`, or empty. */
export function checkRefspec(refspec: string): string {
  refuseUnprintable('refspec', refspec, 2 * MAX_NAME);
  if (refspec.startsWith('-')) refuse('refspec', refspec, "begins with '-'");
  if (/[ \\]/.test(refspec) || refspec.includes('..'))
    refuse('refspec', refspec, "contains a space, '\\' or '..'");
  return refspec;
}

/**
 * A path inside the repository, relative to its root, with `/`. `.` is the root itself. A name may begin with
 * `-`, so paths always stand behind `--` or come through standard input.
 */
export function checkPath(path: string): string {
  refuseUnprintable('path', path, MAX_REMOTE);
  if (path.startsWith('/') || /^[A-Za-z]:/.test(path))
    refuse('path', path, 'is absolute', 'Paths are relative to the repository root.');
  for (const part of path.split(process.platform === 'win32' ? /[/\\]/ : '/')) {
    if (part === '..') refuse('path', path, 'leaves the repository');
    if (part.toLowerCase() === '.git') refuse('path', path, 'is inside the git directory');
  }
  return path;
}

const TRANSPORTS = new Set(['https', 'http', 'ssh', 'git', 'file', 'git+ssh', 'ssh+git']);

/**
 * The name of a remote, a URL, an scp-like address or a local path. Remote helpers (`ext::sh -c …`, `fd::`) and
 * hosts that ssh would read as an option are refused here, whatever git's configuration says of them.
 */
export function checkRemote(remote: string): string {
  refuseUnprintable('remote', remote, MAX_REMOTE);
  if (remote.startsWith('-')) refuse('remote', remote, "begins with '-'");
  const helper = /^([^:/@[\]]*)::/.exec(remote);
  if (helper !== null)
    refuse('remote', remote, `the transport '${helper[1]}::' runs a program and is not allowed`);
  const url = /^([A-Za-z][A-Za-z0-9+.-]*):\/\/([^/?#]*)(.*)$/.exec(remote);
  if (url !== null) {
    checkUrl(remote, url[1] ?? '', url[2] ?? '', url[3] ?? '');
    return remote;
  }
  // scp-like only when no slash stands before the first colon (git's own rule); a drive letter is a path.
  const scp = /^([^/]*?[^/:[\]]|[^/]*\[[^\]/]*\]):(.*)$/.exec(remote);
  if (scp !== null && !/^[A-Za-z]:[\\/]/.test(remote)) {
    checkAuthority(remote, scp[1] ?? '');
    if ((scp[2] ?? '').startsWith('-')) refuse('remote', remote, "its path begins with '-'");
  }
  return remote;
}

function checkUrl(remote: string, scheme: string, authority: string, rest: string): void {
  if (!TRANSPORTS.has(scheme.toLowerCase())) {
    refuse(
      'remote',
      remote,
      `the transport '${scheme}' is not allowed`,
      `Known: ${[...TRANSPORTS].join(', ')}.`,
    );
  }
  if (scheme.toLowerCase() === 'file') return;
  if (authority === '') refuse('remote', remote, 'names no host');
  checkAuthority(remote, authority);
  // git decodes %0a before it talks to a credential helper or a server
  if (/%(0[0-9a-f]|1[0-9a-f]|7f)/i.test(rest))
    refuse('remote', remote, 'contains an encoded control character');
}

/** `[user[:password]@]host[:port]`; git decodes percent signs in it before it calls ssh, so does this. */
function checkAuthority(remote: string, authority: string): void {
  const decoded = authority.replace(/%([0-9a-f]{2})/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  if (/[\u0000-\u001f\u007f]/.test(decoded))
    refuse('remote', remote, 'contains an encoded control character');
  const host = decoded.slice(decoded.lastIndexOf('@') + 1);
  if (decoded.startsWith('-') || /^\[?-/.test(host))
    refuse('remote', remote, "its host or user begins with '-'");
  if (host === '' || host.startsWith(':')) refuse('remote', remote, 'names no host');
}
