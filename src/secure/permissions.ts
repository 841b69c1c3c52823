import { lstatSync, readdirSync, type Stats } from 'node:fs';
import { join, relative } from 'node:path';
import type { CheckFinding, Level } from '../check/index.ts';
import { policyStanding } from '../guard/index.ts';
import type { Reader } from '../operation/index.ts';
import { securityHooks } from './hooks.ts';

type Told = Omit<CheckFinding, 'check' | 'line' | 'column'>;

const ANYBODY = 0o002;
const OTHERS = 0o077;
const MOST_KEYS = 1000;

/** Who could change what is run or decided here: modes, git's settings, policies, hooks. */
export async function checkPermissions(reader: Reader): Promise<Told[]> {
  return [
    ...modes(reader),
    ...(await settings(reader)),
    ...(await policies(reader)),
    ...(await hooks(reader)),
  ];
}

function told(level: Level, rule: string, path: string, message: string): Told {
  return { level, rule, path, message };
}

function modes(reader: Reader): Told[] {
  if (process.platform === 'win32') return [];
  const { commonDir, root } = reader.git.paths;
  const found: Told[] = [];
  const shown = (path: string): string => (root === undefined ? path : relative(root, path));
  const look = (path: string, bits: number, rule: string, what: string): void => {
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (stat === undefined || stat.isSymbolicLink() || (stat.mode & bits) === 0) return;
    found.push(told('error', rule, shown(path), `${what} (mode ${mode(stat)})`));
  };
  for (const name of ['', 'config', 'hooks'])
    look(join(commonDir, name), ANYBODY, 'writable-by-anybody', 'anybody on this machine can change it');
  for (const name of names(join(commonDir, 'hooks')))
    look(
      join(commonDir, 'hooks', name),
      ANYBODY,
      'writable-by-anybody',
      'git runs it, and anybody on this machine can change it',
    );
  look(
    reader.stateDirectory,
    ANYBODY,
    'writable-by-anybody',
    'the ledger lies in it, and anybody on this machine can change it',
  );
  const keys = join(reader.userDirectory, 'keys');
  for (const name of names(keys).slice(0, MOST_KEYS)) {
    if (/\.(?:pem|key|age)$/.test(name))
      look(join(keys, name), OTHERS, 'key-readable', 'a signing key that others can read');
  }
  return found;
}

function mode(stat: Stats): string {
  return (stat.mode & 0o7777).toString(8);
}

function names(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** Settings under which git runs what is not the user's, trusts any folder, or keeps passwords in the clear. */
async function settings(reader: Reader): Promise<Told[]> {
  const entries = await reader.git.configEntries([
    'remote.',
    'credential.',
    'safe.',
    'core.hookspath',
    'http.',
  ]);
  return entries.flatMap(([key, value]): Told[] => {
    const path = '.git/config';
    if (/^remote\..*\.(?:push)?url$/.test(key) && /^[a-z+]+:\/\/[^/@\s:]*:[^/@\s]+@/i.test(value))
      return [told('error', 'password-in-url', path, `${key} holds a password`)];
    if (key === 'credential.helper' && /^store\b/.test(value))
      return [
        told('warning', 'passwords-in-clear', path, 'credential.helper store keeps passwords unencrypted'),
      ];
    if (key === 'safe.directory' && value === '*')
      return [told('warning', 'any-folder-is-safe', path, 'safe.directory * trusts repositories of anybody')];
    if (/^http\.(?:.*\.)?sslverify$/.test(key) && /^(?:false|no|off|0)$/i.test(value))
      return [
        told('error', 'no-tls-check', path, `${key} is off: anybody on the way can answer for the remote`),
      ];
    return [];
  });
}

async function policies(reader: Reader): Promise<Told[]> {
  const standing = await policyStanding(reader, { thorough: true });
  const path = '.bithub/policies';
  if (standing.state === 'default')
    return [
      told(
        'warning',
        'no-policy',
        path,
        'only the built-in policy judges here; bit secure enable policies writes one',
      ),
    ];
  if (standing.state === 'tree')
    return [
      told(
        'warning',
        'policy-not-accepted',
        path,
        'whoever changes the tree changes the policy, until: bit policy accept',
      ),
    ];
  if (standing.state === 'differs')
    return [told('warning', 'policy-differs', path, 'the tree holds other policies than those in force')];
  if (standing.state === 'damaged')
    return [
      told('error', 'policy-damaged', path, standing.problem ?? 'the accepted policies can not be read'),
    ];
  return [];
}

async function hooks(reader: Reader): Promise<Told[]> {
  const place = await securityHooks(reader);
  if (place.state === 'on') return [];
  const why =
    place.state === 'elsewhere'
      ? 'git takes its hooks from outside this repository'
      : 'plain git commits without a look for secrets; bit secure enable hooks sets one';
  return [told('note', 'no-secret-hook', '.git/hooks/pre-commit', why)];
}
