import { isAbsolute, relative, resolve, sep } from 'node:path';
import { BitError } from '../../kernel/errors.ts';
import type { NativeCall } from './index.ts';

export function input({ inputs }: NativeCall, name: string): string {
  return (inputs[name] ?? '').trim();
}

export function flag(call: NativeCall, name: string): boolean {
  const value = input(call, name).toLowerCase();
  if (value === 'true') return true;
  if (value === 'false' || value === '') return false;
  throw new BitError('usage', `${name} is true or false, not ${value}`);
}

/** The lines of an input that is a list. */
export function lines(call: NativeCall, name: string): readonly string[] {
  return input(call, name)
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}

/** A path in the workspace, absolute. @throws BitError `usage` where it leads out */
export function insideWorkspace(call: NativeCall, path: string): string {
  const { workspace } = call.tools.state;
  const full = resolve(workspace, path);
  const inner = relative(workspace, full);
  if (inner === '..' || inner.startsWith(`..${sep}`) || isAbsolute(inner))
    throw new BitError('usage', `${path} leads out of the workspace`);
  return full;
}
