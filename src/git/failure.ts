import { BitError, type ErrorCode } from '../kernel/errors.ts';
import { maskSecrets } from '../kernel/secrets.ts';
import { printable, shorten } from '../kernel/text.ts';

const DISK = 'Is the disk full, or read-only? Nothing that was there is lost.';

/**
 * Git's failures have no codes but 1, 128 and 129: its words are all there is (in English: children run under
 * LC_ALL=C). This is the only table that reads them; the first row that matches decides.
 */
const TABLE: readonly { readonly code: ErrorCode; readonly words: RegExp; readonly hint?: string }[] = [
  {
    code: 'usage',
    words:
      /tell me who you are|identity unknown|empty ident name|unable to auto-detect email|no email was given|no name was given/i,
    hint: 'Set one: git config --global user.name "Your Name" and git config --global user.email you@example.org',
  },
  {
    code: 'io',
    words: /no space left on device|disk quota exceeded|read-only file system|input\/output error/i,
    hint: DISK,
  },
  {
    code: 'io',
    words: /detected dubious ownership/i,
    hint: 'The repository belongs to another user. If you trust them: git config --global --add safe.directory <path>',
  },
  {
    code: 'io',
    words:
      /couldn't write '[^\n]*\.lock'|unable to create directory for|unable to write (?:new index|loose|symref|sha1)|failed to write (?:object|pack)/i,
    hint: DISK,
  },
  {
    code: 'busy',
    words:
      /unable to create '[^\n]*\.lock': File exists|another git process seems to be running|could not lock config file[^\n]*File exists/i,
    hint: 'Another git process is at work, or one died and left its lock: `bit repair` looks and removes a stale one.',
  },
  {
    code: 'io',
    words:
      /insufficient permission for adding an object|unable to (?:create|write|append)[^\n]*: Permission denied|could not (?:create|open|write)[^\n]*: Permission denied/i,
  },
  {
    code: 'auth',
    words:
      /authentication failed|could not read (?:username|password)|permission denied \((?:publickey|password|keyboard)|host key verification failed|invalid (?:username|credentials)|returned error: 40[13]\b|HTTP 40[13]\b|access denied|bad credentials/i,
    hint: 'Log in, or check the credential helper or SSH key used for this remote.',
  },
  {
    code: 'failed',
    words: /hook declined|(?:aborted|rejected|declined) by hook|hook[^\n]* failed|due to hook/i,
  },
  {
    code: 'conflict',
    words:
      /\(non-fast-forward\)|\(fetch first\)|\(failed to update ref\)|\(incorrect old value provided\)|\(stale info\)|\(needs force\)|\(would clobber existing tag\)|\(already exists\)|not possible to fast-forward|tip of your current branch is behind/i,
    hint: 'The other side has commits this one lacks: `bit sync` takes them in, then push again.',
  },
  {
    code: 'remote',
    words:
      /could not resolve host|couldn't connect|failed to connect|connection (?:refused|timed out|reset|closed)|network is unreachable|no route to host|operation timed out|unable to access '|remote end hung up|early eof|rpc failed|repository not found|repository '[^\n]*' (?:not found|does not exist)|does not appear to be a git repository|could not read from remote repository|the remote end|unexpected disconnect|ssl certificate|couldn't find remote ref|remote branch [^\n]* not found|remote rejected|failed to push some refs|protocol error|no such remote|not valid: is this a git repository|invalid server response|bad line length|unable to parse remote|invalid index-pack output|fetch-pack: (?:unable|invalid|expected)|pack (?:has|signature mismatch)|invalid advertisement/i,
  },
  {
    code: 'changed',
    words:
      /is at [0-9a-f]+ but expected|reference already exists|unable to resolve reference|reference is missing but expected/i,
  },
  {
    code: 'conflict',
    words:
      /would be overwritten by|unmerged (?:files|paths|entries)|resolve your current index|you have not concluded your merge|\bCONFLICT\b|already checked out|already used by worktree|cannot switch branch while|already exists|exists; cannot create|could not apply|cannot (?:rebase|pull|merge): |contains modified or untracked files|local changes/i,
  },
  {
    code: 'usage',
    words:
      /empty commit message|is outside repository|is beyond a symbolic link|^usage: git|unknown option|unknown switch|is not a git command|not a valid (?:ref|branch|tag) name|invalid refspec/im,
  },
  {
    code: 'failed',
    words:
      /nothing (?:added )?to commit|no changes added to commit|You asked to amend the most recent commit, but/i,
    hint: '`bit status` shows what could be staged.',
  },
  {
    code: 'failed',
    words:
      /gpg failed to sign|failed to sign|signing failed|couldn't load public key|failed to write commit object|either user\.signingkey or/i,
    hint: 'It could not be signed: check gpg.format and user.signingKey.',
  },
  {
    code: 'not-found',
    words:
      /unknown revision|bad revision|not a valid object name|invalid object name|bad object|ambiguous argument|invalid reference|nonexistent object|did not match any file|does not exist in|no such (?:ref|path|branch)|not found|not a git repository|expected (?:commit|tree|blob) type|does not have any commits yet|not a commit and a branch|invalid upstream|is not a commit/i,
  },
  {
    code: 'integrity',
    words:
      /object file [^\n]* is (?:empty|corrupt)|loose object [^\n]* corrupt|index file corrupt|bad index file|bad signature|packfile [^\n]* corrupt|hash mismatch/i,
    hint: '`bit repair` mends what can be mended.',
  },
  { code: 'unsupported', words: /unknown repository extension|expected git repo version|does not support/i },
];

export interface Failure {
  readonly args: readonly string[];
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The error a failed git command becomes: a code from the table, git's own first meaningful line, no secrets. */
export function classifyFailure(failure: Failure): BitError {
  // progress rewrites its line with \r; what counts is what stands at its end. Bounded lines keep the table's
  // patterns, which stay within a line, linear in what a hostile remote may have said.
  const text = `${failure.stderr.slice(0, 262_144)}\n${failure.stdout.slice(0, 65_536)}`
    .split('\n')
    .map((line) => line.replace(/\r$/, ''))
    .map((line) => line.slice(line.lastIndexOf('\r') + 1).slice(0, 1000))
    .join('\n');
  const row = TABLE.find(({ words }) => words.test(text));
  const command = failure.args.find((arg) => /^[a-z]/.test(arg)) ?? 'git';
  const line = meaningfulLine(text, row?.words) ?? `git ${command} ended with exit code ${failure.exitCode}`;
  return new BitError(row?.code ?? 'failed', shorten(printable(maskSecrets(line)), 500), {
    ...(row?.hint === undefined ? {} : { hint: row.hint }),
    details: { command, exitCode: failure.exitCode },
  });
}

function meaningfulLine(text: string, words: RegExp | undefined): string | undefined {
  const lines = text.split('\n').map((line) => line.trim());
  const rejected = lines.find((line) => /^!.*\[(remote )?rejected\]/.test(line));
  if (rejected !== undefined) return rejected.replace(/^!\s+/, '').replace(/\s+/g, ' ');
  const talk = /^(hint:|warning:|Cloning into|remote:|On branch|HEAD detached|To )/;
  const said =
    lines.find((line) => /^(fatal|error): ./.test(line)) ??
    (words === undefined ? undefined : lines.find((line) => words.test(line))) ??
    lines.find((line) => line !== '' && !talk.test(line)) ??
    lines.find((line) => line !== '' && !/^(hint:|warning:)/.test(line));
  if (said === undefined) return undefined;
  const bare = said.replace(/^((fatal|error): )+/, '');
  if (/ hook failed$/.test(bare)) {
    const own = lines.find((line) => line !== '' && !talk.test(line) && !/^(fatal|error):/.test(line));
    return own === undefined ? bare : `${bare}: ${own}`;
  }
  return `${bare}${listBelow(text, said)}`;
}

/** The files git lists below a line that ends with a colon, each behind a tab. */
function listBelow(text: string, said: string): string {
  if (!said.endsWith(':')) return '';
  const lines = text.split('\n');
  const below = lines.slice(lines.findIndex((line) => line.trim() === said) + 1);
  const end = below.findIndex((line) => !line.startsWith('\t'));
  const names = (end < 0 ? below : below.slice(0, end)).map((line) => line.trim());
  if (names.length === 0) return '';
  return ` ${names.slice(0, 10).join(', ')}${names.length > 10 ? `, and ${names.length - 10} more` : ''}`;
}
