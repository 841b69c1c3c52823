import { BitError } from '../kernel/errors.ts';

const ARCHITECTURES: Readonly<Record<string, string>> = {
  x64: 'amd64',
  arm64: 'arm64',
  arm: 'arm/v7',
  ia32: '386',
  ppc64: 'ppc64le',
  s390x: 's390x',
  riscv64: 'riscv64',
};

/** This machine's, as images name it: `linux/amd64`. Containers are Linux, also on other systems. */
export function localPlatform(): string {
  return `linux/${ARCHITECTURES[process.arch] ?? process.arch}`;
}

/** @throws BitError `usage` */
export function checkPlatform(platform: string): string {
  if (/^[a-z0-9]{1,20}\/[a-z0-9_]{1,20}(?:\/v[0-9]{1,2})?$/.test(platform)) return platform;
  throw new BitError('usage', `${JSON.stringify(platform)} is no platform`, {
    hint: 'write os/architecture, such as linux/amd64 or linux/arm64',
  });
}
