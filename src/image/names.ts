import { BitError } from '../kernel/errors.ts';
import { printable } from '../kernel/text.ts';

/** `ghcr.io`, `localhost:5000`, `[::1]:5000`. @throws BitError `usage` */
export function checkRegistry(registry: string): string {
  if (/^(?:[a-z0-9](?:[a-z0-9.-]{0,252}[a-z0-9])?|\[[0-9a-f:]{2,39}\])(?::[0-9]{1,5})?$/i.test(registry))
    return registry;
  throw new BitError('usage', `${printable(registry)} is no registry`, {
    hint: 'such as ghcr.io or localhost:5000',
  });
}

/** One part, or several, of an image's name (OCI distribution: lower case, digits, separators). */
export function checkImageName(what: string, name: string): string {
  const part = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
  if (name.length <= 200 && new RegExp(`^${part}(?:/${part})*$`).test(name)) return name;
  throw new BitError('usage', `${what} ${printable(name)} can't be part of an image's name`, {
    hint: 'lower-case letters and digits, with single . _ - between them',
  });
}

export function checkTag(tag: string): string {
  if (/^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/.test(tag)) return tag;
  throw new BitError('usage', `${printable(tag)} is no tag`, {
    hint: 'letters, digits, _ . - and at most 128 of them',
  });
}

/** As the seed's `date +%Y%m%d%H%M%S`, in UTC. */
export function timestampTag(now: Date): string {
  return now.toISOString().replace(/\D/g, '').slice(0, 14);
}

/** A registry on this machine may speak plain HTTP, as docker has it. */
export function isLoopback(registry: string): boolean {
  return /^(?:localhost|127(?:\.[0-9]{1,3}){3}|\[::1\])(?::[0-9]+)?$/i.test(registry);
}

export function checkBuildArg(text: string): readonly [name: string, value: string] {
  const at = text.indexOf('=');
  const name = at < 0 ? text : text.slice(0, at);
  if (at < 0 || !/^[A-Za-z_][A-Za-z0-9_]{0,254}$/.test(name) || text.includes('\0'))
    throw new BitError('usage', `${printable(text)} is no build argument`, { hint: 'write NAME=value' });
  return [name, text.slice(at + 1)];
}
