import { BitError } from '../kernel/errors.ts';
import { printable, shorten } from '../kernel/text.ts';

/** A call of GitHub's REST API, and the capability it needs. */
export interface ApiCall {
  readonly method: string;
  /** Path as it is sent on, without the query. */
  readonly path: string;
  /** With its `?`, or ''. */
  readonly query: string;
  readonly verb: 'read' | 'write';
  /** `owner/repo`, an organisation or user, or `_` for what belongs to none. */
  readonly scope: string;
  /** What of it, by GitHub's own word for it in the path: `issues`, `pulls`, `contents`. */
  readonly area: string;
  /** `github:write:owner/repo:issues`. */
  readonly capability: string;
}

const READS: ReadonlySet<string> = new Set(['GET', 'HEAD']);
const WRITES: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);
const LONGEST = 8 * 1024;
/** Names that stand for a scope are taken as they are written: nothing in them may be read in two ways. */
const OWNER = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;
const REPOSITORY = /^(?!\.{1,2}$)(?!.*\.git$)[A-Za-z0-9_.-]{1,100}$/i;
const AREA = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/;
/** The characters of a path (RFC 3986, pchar and `/`): no parser writes one of them in another way. */
const PATH = /^\/[A-Za-z0-9._~!$&'()*+,;=:@%/-]*$/;
/** GitHub took credentials here once; Rails takes another method here. */
const REFUSED_PARAMETERS: ReadonlySet<string> = new Set(['access_token', 'client_secret', '_method']);

/** Calls whose answer is a GitHub credential, which no holder of a token receives. */
const HANDS_OUT: readonly RegExp[] = [
  /^\/app\/installations\/[^/]+\/access_tokens$/,
  /^\/app-manifests\/[^/]+\/conversions$/,
  /^\/applications\/[^/]+\/token(?:\/scoped)?$/,
  /^\/(?:repos\/[^/]+\/[^/]+|orgs\/[^/]+|enterprises\/[^/]+)\/actions\/runners\/(?:generate-jitconfig|registration-token|remove-token)$/,
];

/**
 * What a request asks for, by its method and its target (RFC 9112, origin-form). Every method but GET and HEAD counts as
 * one that changes something. A target that a server could read in another way than this does is refused: the names that
 * make the scope and the area stand literally, and nothing behind them leads out of them.
 *
 * @throws BitError `usage` for what is malformed, `denied` for what no token can allow
 */
export function callOf(method: string, target: string): ApiCall {
  const verb = READS.has(method) ? 'read' : WRITES.has(method) ? 'write' : undefined;
  if (verb === undefined)
    throw malformed(`the method ${printable(shorten(method, 20))} is none of GitHub's API`);
  if (target.length > LONGEST) throw malformed(`its path is longer than ${LONGEST} characters`);
  if (!/^\/[\x21-\x7e]*$/.test(target) || /[#\\]/.test(target))
    throw malformed('its target is no plain path');
  const mark = target.indexOf('?');
  const path = mark < 0 ? target : target.slice(0, mark);
  const query = mark < 0 ? '' : target.slice(mark);
  if (!PATH.test(path)) throw malformed('its path holds characters that belong percent-encoded');
  checkQuery(query);
  const parts = path === '/' ? [] : path.slice(1).split('/');
  const decoded = parts.map(decodePart);
  const plain = `/${decoded.join('/')}`;
  if (verb === 'write' && HANDS_OUT.some((pattern) => pattern.test(plain)))
    throw new BitError('denied', 'its answer would be a GitHub credential, which the broker keeps');
  const { scope, area } = scopeOf(parts);
  return { method, path, query, verb, scope, area, capability: `github:${verb}:${scope}:${area}` };
}

/** A part without its percent-encoding; a `/` in it (a file's path, a branch) may stay as long as it leads nowhere. */
function decodePart(part: string): string {
  let text: string;
  try {
    text = decodeURIComponent(part);
  } catch {
    throw malformed('its path is not percent-encoded as it must be');
  }
  if (/%[0-9a-f]{2}/i.test(text)) throw malformed('its path is percent-encoded twice');
  if (/[\u0000-\u001f\u007f\\]/.test(text))
    throw malformed('its path holds control characters or a backslash');
  for (const step of text.split('/')) {
    if (step === '') throw malformed('its path has an empty part');
    if (/^\.{1,2}(?:;|$)/.test(step)) throw malformed('its path leads elsewhere by . or ..');
  }
  return text;
}

function scopeOf(parts: readonly string[]): { readonly scope: string; readonly area: string } {
  const [first = 'root', second, third, fourth] = parts;
  if (first === 'repos') {
    return {
      scope: `${named(second, OWNER, 'an owner')}/${named(third, REPOSITORY, 'a repository')}`,
      area: named(fourth ?? 'repo', AREA, 'an area'),
    };
  }
  if ((first === 'orgs' || first === 'users') && second !== undefined) {
    return {
      scope: named(second, OWNER, 'an owner'),
      area: named(third ?? (first === 'orgs' ? 'org' : 'user'), AREA, 'an area'),
    };
  }
  return { scope: '_', area: named(first, AREA, 'an area') };
}

function named(part: string | undefined, pattern: RegExp, what: string): string {
  if (part !== undefined && pattern.test(part)) return part;
  throw malformed(`'${printable(shorten(part ?? '', 40))}' is no name of ${what}`);
}

function checkQuery(query: string): void {
  for (const pair of query.slice(1).split(/[&;]/)) {
    const [name = ''] = pair.split('=', 1);
    let key: string;
    try {
      key = decodeURIComponent(name.replaceAll('+', ' '));
    } catch {
      throw malformed('its query is not percent-encoded as it must be');
    }
    if (REFUSED_PARAMETERS.has(key.trim().toLowerCase().replace(/\[.*$/, '')))
      throw malformed(`the parameter ${printable(shorten(key, 20))} is not for this way`);
  }
}

function malformed(why: string): BitError {
  return new BitError('usage', `the call is refused: ${why}`);
}
