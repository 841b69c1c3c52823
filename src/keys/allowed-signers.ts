import { BitError } from '../kernel/errors.ts';
import { shorten } from '../kernel/text.ts';
import type { PublicKey, TrustedSigner } from './index.ts';
import { opensshLine, publicKeyFromOpenssh } from './openssh.ts';
import { covers } from './trust.ts';

/** Namespace a key must be allowed in to sign ledger entries. */
export const ALLOWED_SIGNERS_NAMESPACE = 'bithub-ledger';

const TEXT_LIMIT = 1024 * 1024;
const LINE_LIMIT = 16 * 1024;

/** A line that trusts nobody, and why. */
export interface SignerProblem {
  /** 1-based. */
  readonly line: number;
  /** Begins with `<path>:<line>: `. */
  readonly message: string;
}

export interface AllowedSigners {
  readonly signers: TrustedSigner[];
  readonly problems: SignerProblem[];
}

/**
 * Reads an allowed_signers file (ssh-keygen(1)): `principals [options] key-type base64-key [comment]`. A line that
 * can't be obeyed whole is a problem and trusts nobody; the others count.
 *
 * @throws BitError `unsupported` for a text above 1 MiB
 */
export function parseAllowedSigners(text: string, path: string): AllowedSigners {
  if (text.length > TEXT_LIMIT) {
    throw new BitError('unsupported', `${path} is larger than an allowed_signers file may be (1 MiB)`);
  }
  const signers: TrustedSigner[] = [];
  const problems: SignerProblem[] = [];
  text.split(/\r?\n/).forEach((content, index) => {
    const line = index + 1;
    const result =
      content.length > LINE_LIMIT ? 'the line is longer than 16 KiB' : parseLine(content.trim(), line);
    if (typeof result === 'string') problems.push({ line, message: `${path}:${line}: ${result}` });
    else if (result !== undefined) signers.push(result);
  });
  return { signers, problems };
}

/** The signer of a line, undefined for an empty one, or what is wrong. */
function parseLine(line: string, number: number): TrustedSigner | string | undefined {
  if (line === '' || line.startsWith('#')) return undefined;
  const principals = /^(?:"([^"]*)"|([^\s"]+))\s+/.exec(line);
  if (principals === null) return 'the principals or what follows them is missing';
  let rest = line.slice(principals[0].length);
  const names = (principals[1] ?? principals[2] ?? '').split(',').filter((name) => name !== '');
  if (names.length === 0) return 'the principals are missing';
  let options: Options = {};
  if (!KEY_TYPE.test(rest)) {
    const parsed = parseOptions(rest);
    if (typeof parsed === 'string') return parsed;
    ({ options, rest } = parsed);
    if (options.authority === true) return 'certificate authorities are not supported; the line is ignored';
  }
  const [type, blob, comment] = splitKey(rest);
  if (type !== 'ssh-ed25519') return `only ssh-ed25519 keys sign ledgers; ${quote(type)} is ignored`;
  const publicKey = publicKeyFromOpenssh(blob);
  if (publicKey === undefined) return `not an ssh-ed25519 key: ${quote(blob)}`;
  const { namespaces, validAfter, validBefore } = options;
  if (validAfter !== undefined && validBefore !== undefined && validBefore <= validAfter) {
    return 'valid-before is not after valid-after';
  }
  return { principals: names, publicKey, namespaces, validAfter, validBefore, comment, line: number };
}

const KEY_TYPE = /^(?:ssh-|ecdsa-sha2-|sk-ssh-|sk-ecdsa-|rsa-sha2-|webauthn-)[a-z0-9@.-]+\s/i;

function splitKey(text: string): [string, string, string] {
  const [, type = '', blob = '', comment = ''] = /^(\S*)\s*(\S*)\s*(.*)$/s.exec(text) ?? [];
  return [type, blob, comment];
}

interface Options {
  authority?: true;
  namespaces?: readonly string[];
  validAfter?: string;
  validBefore?: string;
}

const OPTION = /^([a-z-]+)(?:="((?:[^"\\]|\\.)*)"|=([^\s",]*))?/i;

/** The comma-separated options up to white space; names are case-insensitive, each may stand once. */
function parseOptions(text: string): { options: Options; rest: string } | string {
  const options: Options = {};
  const seen = new Set<string>();
  let rest = text;
  for (;;) {
    const match = OPTION.exec(rest);
    if (match === null) return `not an option or key type: ${quote(rest)}`;
    const name = (match[1] ?? '').toLowerCase();
    const value = match[2]?.replaceAll('\\"', '"') ?? match[3];
    if (seen.has(name)) return `the option ${name} stands twice`;
    seen.add(name);
    const problem = setOption(options, name, value);
    if (problem !== undefined) return problem;
    rest = rest.slice(match[0].length);
    if (rest.startsWith(',')) rest = rest.slice(1);
    else if (/^\s/.test(rest)) return { options, rest: rest.trimStart() };
    else return rest === '' ? 'the key is missing' : `not an option: ${quote(rest)}`;
  }
}

function setOption(options: Options, name: string, value: string | undefined): string | undefined {
  if (name === 'cert-authority') {
    options.authority = true;
    return undefined;
  }
  if (name !== 'namespaces' && name !== 'valid-after' && name !== 'valid-before') {
    return `unknown option ${quote(name)}`;
  }
  if (value === undefined || value === '') return `the option ${name} needs a value`;
  if (name === 'namespaces') {
    options.namespaces = value.split(',');
    return undefined;
  }
  const time = parseTime(value);
  if (time === undefined) return `${name}: not a time (YYYYMMDD[HHMM[SS]][Z]): ${quote(value)}`;
  options[name === 'valid-after' ? 'validAfter' : 'validBefore'] = time;
  return undefined;
}

/** ssh-keygen's time: UTC with a `Z`, else the machine's own zone. Returned as RFC 3339, UTC. */
function parseTime(value: string): string | undefined {
  const match = /^(\d{4})(\d\d)(\d\d)(?:(\d\d)(\d\d)(\d\d)?)?(Z?)$/i.exec(value);
  if (match === null) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match
    .slice(1, 7)
    .map((part) => Number(part ?? 0));
  const utc = new Date(Date.UTC(year, month - 1, day, hour, minute, second));
  // 20260231 would otherwise become a day in March.
  if (utc.getUTCMonth() !== month - 1 || utc.getUTCDate() !== day) return undefined;
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  if (match[7] !== '') return utc.toISOString();
  return new Date(year, month - 1, day, hour, minute, second).toISOString();
}

export interface SignerLine {
  /** One identity, usually an e-mail address; not a pattern. */
  readonly principal: string;
  readonly publicKey: PublicKey;
  /** Default: the ledger's. */
  readonly namespaces?: readonly string[];
  readonly validAfter?: Date;
  readonly validBefore?: Date;
  readonly comment?: string;
}

/**
 * One line without line feed that `ssh-keygen -Y verify` and {@link parseAllowedSigners} read back as given.
 *
 * @throws BitError `usage` for a principal or namespace the format can't hold or would take for a pattern
 */
export function formatAllowedSigner(signer: SignerLine): string {
  const namespaces = signer.namespaces ?? [ALLOWED_SIGNERS_NAMESPACE];
  for (const name of [signer.principal, ...namespaces]) {
    if (name === '' || /[\u0000-\u001f\u007f",*?!\\]/.test(name) || name.trim() !== name) {
      throw new BitError(
        'usage',
        `an allowed_signers line can't hold this name: ${shorten(JSON.stringify(name))}`,
        {
          hint: 'use an e-mail address',
        },
      );
    }
  }
  const options = [`namespaces="${namespaces.join(',')}"`];
  if (signer.validAfter !== undefined) options.push(`valid-after="${timeText(signer.validAfter)}"`);
  if (signer.validBefore !== undefined) options.push(`valid-before="${timeText(signer.validBefore)}"`);
  const principal = /^#|\s/.test(signer.principal) ? `"${signer.principal}"` : signer.principal;
  return `${principal} ${options.join(',')} ${opensshLine(signer.publicKey, signer.comment)}`;
}

function timeText(time: Date): string {
  return `${time.toISOString().slice(0, 19).replaceAll(/[-:T]/g, '')}Z`;
}

/** The text with a line for the signer at its end and everything else byte for byte; unchanged where it has one. */
export function trustSigner(text: string, signer: SignerLine): string {
  const namespaces = signer.namespaces ?? [ALLOWED_SIGNERS_NAMESPACE];
  const has = parseAllowedSigners(text, 'allowed_signers').signers.some(
    (known) =>
      known.publicKey === signer.publicKey &&
      known.principals.includes(signer.principal) &&
      known.validAfter === undefined &&
      known.validBefore === undefined &&
      namespaces.every((namespace) => covers(known.namespaces, namespace)),
  );
  if (has) return text;
  const gap = text === '' || text.endsWith('\n') ? '' : '\n';
  return `${text}${gap}${formatAllowedSigner(signer)}\n`;
}

function quote(text: string): string {
  return JSON.stringify(shorten(text, 40));
}
