import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type Environment, findProgram } from '../../git/index.ts';

/** How many GPUs there are of each kind: `A10`, and `A100-SXM4-80GB`, which is an `A100` too. */
export interface Gpus {
  readonly count: number;
  readonly kinds: Readonly<Record<string, number>>;
}

/** What a PCI bus calls those that are met in data centres; others are known by their number alone. */
const DEVICES: Readonly<Record<string, string>> = {
  '10de:1b38': 'P40',
  '10de:1db1': 'V100-SXM2-16GB',
  '10de:1db4': 'V100-PCIE-16GB',
  '10de:1db5': 'V100-SXM2-32GB',
  '10de:1db6': 'V100-PCIE-32GB',
  '10de:1eb8': 'T4',
  '10de:20b0': 'A100-SXM4-40GB',
  '10de:20b2': 'A100-SXM4-80GB',
  '10de:20b5': 'A100-PCIE-80GB',
  '10de:20f1': 'A100-PCIE-40GB',
  '10de:2230': 'RTX-A6000',
  '10de:2235': 'A40',
  '10de:2236': 'A10',
  '10de:2237': 'A10G',
  '10de:2330': 'H100-SXM5-80GB',
  '10de:2331': 'H100-PCIE-80GB',
  '10de:26b5': 'L40',
  '10de:26b9': 'L40S',
  '10de:27b8': 'L4',
  '1002:738c': 'MI100',
  '1002:740c': 'MI250X',
  '1002:740f': 'MI210',
  '1002:74a1': 'MI300X',
};
const VENDORS: Readonly<Record<string, string>> = { '10de': 'nvidia', '1002': 'amd' };
const DRIVERS: ReadonlySet<string> = new Set(['nvidia', 'amdgpu']);

/**
 * GPUs with a driver, from the first that knows any: nvidia-smi, what NVIDIA's driver tells below `/proc`, the PCI bus.
 *
 * @param root of `/proc` and `/sys`
 */
export function findGpus(env: Environment, root = '/'): Gpus {
  for (const find of [() => fromProgram(env), () => fromDriver(root), () => fromBus(root)]) {
    const names = find();
    if (names.length > 0) return gpusOf(names.slice(0, 64));
  }
  return { count: 0, kinds: {} };
}

/** What a job that asks for a GPU may use and read of this machine: its device files, and what the bus says of them. */
export interface GpuFiles {
  readonly devices: readonly string[];
  readonly readable: readonly string[];
}

const NODES = /^(nvidia(\d{1,3}|ctl|-uvm|-uvm-tools|-modeset|-caps)|dri|kfd)$/;
const FACTS: readonly string[] = [
  'sys/bus/pci',
  'sys/class/drm',
  'sys/class/kfd',
  'sys/dev/char',
  'sys/devices',
];

/** @param root of `/dev` and `/sys` */
export function gpuFiles(root = '/'): GpuFiles {
  const devices = namesIn(join(root, 'dev'))
    .filter((name) => NODES.test(name))
    .map((name) => join(root, 'dev', name));
  return { devices, readable: devices.length === 0 ? [] : FACTS.map((path) => join(root, path)) };
}

export function gpusOf(names: readonly string[]): Gpus {
  const kinds: Record<string, number> = {};
  for (const name of names) for (const kind of kindsOf(name)) kinds[kind] = (kinds[kind] ?? 0) + 1;
  return { count: names.length, kinds };
}

/** `NVIDIA A100-SXM4-80GB`: A100-SXM4-80GB, and A100. */
function kindsOf(name: string): readonly string[] {
  const whole = name
    .replace(/^((NVIDIA|Tesla|GeForce|Quadro|AMD|Instinct)\s+)+/i, '')
    .replace(/[^A-Za-z0-9.+_-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+|-+$/g, '')
    .slice(0, 64);
  if (whole === '') return [];
  const [first = ''] = whole.split('-');
  return first !== whole && /^[A-Za-z]+\d/.test(first) ? [whole, first] : [whole];
}

function fromProgram(env: Environment): readonly string[] {
  const path = findProgram('nvidia-smi', env);
  if (path === undefined) return [];
  const { status, stdout } = spawnSync(path, ['--query-gpu=name', '--format=csv,noheader'], {
    encoding: 'utf8',
    timeout: 5000,
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { PATH: env['PATH'] ?? '', LC_ALL: 'C' },
  });
  return status === 0 ? lines(stdout) : [];
}

function fromDriver(root: string): readonly string[] {
  const folder = join(root, 'proc/driver/nvidia/gpus');
  return namesIn(folder).flatMap((name) => {
    const model = /^Model:\s*(.+)$/m.exec(textOf(join(folder, name, 'information')))?.[1];
    return model === undefined ? [] : [model.trim()];
  });
}

/** Display (03 00) and 3D (03 02) controllers that a driver has taken: without one nobody computes on them. */
function fromBus(root: string): readonly string[] {
  const folder = join(root, 'sys/bus/pci/devices');
  return namesIn(folder).flatMap((name) => {
    const read = (file: string): string =>
      textOf(join(folder, name, file))
        .trim()
        .replace(/^0x/, '');
    const [vendor, device] = [read('vendor'), read('device')];
    const maker = VENDORS[vendor];
    if (!/^030[02]/.test(read('class')) || maker === undefined) return [];
    if (!DRIVERS.has(driverOf(join(folder, name, 'driver')))) return [];
    return [DEVICES[`${vendor}:${device}`] ?? `${maker}-${device}`];
  });
}

function driverOf(path: string): string {
  try {
    return basename(readlinkSync(path));
  } catch {
    return '';
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}

function lines(text: string): readonly string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}
