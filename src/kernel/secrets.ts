import type { Json, JsonObject } from './json.ts';

const MASK = '***';

/**
 * Shapes of credentials that must not reach a log, the ledger or an error message, each with what replaces it.
 * Anchored on a literal and bounded, so that hostile text of any size is scanned in linear time. Most texts hold none of
 * the literals: what a pattern needs is looked for first, in lower case, for V8 compiles a pattern at its first use.
 */
type Shape = readonly [needs: readonly string[], pattern: RegExp, replacement: string];
const PATTERNS: readonly Shape[] = [
  [
    ['='],
    /([?&](?:[a-z_-]{0,40}token|api_?key|password|secret|sig|signature)=)[^&\s'"]{1,4096}/gi,
    `$1${MASK}`,
  ],
  [
    ['authorization:'],
    /(\bauthorization:\s{0,8}(?:(?:basic|bearer|token)\s{1,8})?)[^\s'"]{1,4096}/gi,
    `$1${MASK}`,
  ],
  [['gh'], /\bgh[pousr]_[A-Za-z0-9]{16,255}\b/g, MASK],
  [['github_pat_'], /\bgithub_pat_[A-Za-z0-9_]{20,255}\b/g, MASK],
  [['glpat-'], /\bglpat-[A-Za-z0-9_-]{16,255}/g, MASK],
  [['npm_'], /\bnpm_[A-Za-z0-9]{30,255}\b/g, MASK],
  [['xox'], /\bxox[abprs]-[A-Za-z0-9-]{10,255}/g, MASK],
  [['akia', 'asia'], /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g, MASK],
  [['sk-'], /\bsk-[A-Za-z0-9_-]{20,255}/g, MASK],
  [['eyj'], /\beyJ[A-Za-z0-9_-]{10,4096}\.[A-Za-z0-9_-]{10,8192}\.[A-Za-z0-9_-]{10,4096}/g, MASK], // JWT
  [
    ['bearer', 'basic', 'token'],
    /\b(Bearer|Basic|token)(\s{1,8})[A-Za-z0-9._~+/=-]{16,4096}/gi,
    `$1$2${MASK}`,
  ],
  [
    ['private key'],
    /-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[^-]{0,16384}(?:-----END [A-Z ]{0,40}PRIVATE KEY-----)?/g,
    MASK,
  ],
];

/** Values told by {@link rememberSecret}, longest first, so that one inside another leaves no rest. */
let remembered: readonly string[] = [];

/** Shorter ones would mask every other word. */
const SHORTEST = 4;

/**
 * From now on this process masks the value wherever text leaves it, also as JSON, URL, base64 and, of a value of many
 * lines, line by line.
 */
export function rememberSecret(value: string): void {
  const lines = value.split(/\r?\n/).map((line) => line.trim());
  const forms = [value, ...lines].flatMap((text) => [
    text,
    JSON.stringify(text).slice(1, -1),
    encodeURIComponent(text.toWellFormed()),
    Buffer.from(text).toString('base64').replace(/=+$/, ''),
    Buffer.from(text).toString('base64url'),
  ]);
  const known = new Set([...remembered, ...forms].filter((form) => form.length >= SHORTEST));
  remembered = [...known].sort((a, b) => b.length - a.length);
}

/** The text without the values that {@link rememberSecret} was told. */
export function maskRemembered(text: string): string {
  let masked = text;
  for (const value of remembered) if (masked.includes(value)) masked = masked.replaceAll(value, MASK);
  return masked;
}

/** `scheme://user-information@`; what stands before the last `@` of the authority belongs to the user information. */
const URL_USER = /([a-z][a-z0-9+.-]{0,30})?:\/\/([^\s/'"<>]{0,4096})@/gi;

/**
 * The text with every credential it recognises replaced by `***`: the user information of URLs (of ssh only the
 * password: its user is part of the address), query parameters and headers that carry one, and tokens by their shape.
 */
export function maskSecrets(text: string): string {
  const known = maskRemembered(text);
  let masked = known.includes('@') ? known.replace(URL_USER, maskUser) : known;
  const lower = masked.toLowerCase();
  for (const [needs, pattern, replacement] of PATTERNS)
    if (needs.some((literal) => lower.includes(literal))) masked = masked.replace(pattern, replacement);
  return masked;
}

function maskUser(_: string, scheme = '', user = ''): string {
  if (!/ssh/i.test(scheme)) return `${scheme}://${MASK}@`;
  const [name = ''] = user.split(':', 1);
  return name === user ? `${scheme}://${user}@` : `${scheme}://${name}:${MASK}@`;
}

const SECRET_NAME = /(?:^|[_-])(?:token|secret|password|passphrase|apikey|api[_-]key)$/i;

/** {@link maskSecrets} over every string of a document; members whose name says they are secret are masked whole. */
export function maskJson(value: Json): Json {
  if (typeof value === 'string') return maskSecrets(value);
  if (Array.isArray(value)) return value.map((item) => maskJson(item as Json));
  if (value === null || typeof value !== 'object') return value;
  const masked: Record<string, Json> = {};
  for (const [name, member] of Object.entries(value as JsonObject)) {
    masked[name] = typeof member === 'string' && SECRET_NAME.test(name) ? MASK : maskJson(member);
  }
  return masked;
}
