import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { npmTargets, readPackages } from './detect-npm.ts';
import type { LeftAlone, Target } from './model.ts';
import type { Tree } from './tree.ts';

export interface Detected {
  readonly targets: readonly Target[];
  readonly left: readonly LeftAlone[];
}

/** What the tree holds: packages with a `build` script, a Makefile, Cargo.toml, go.mod. Dockerfiles are only named. */
export function detectTargets(root: string, tree: Tree): Detected {
  const has = new Set(tree.paths);
  const packages = readPackages(root, tree.paths);
  const left: LeftAlone[] = [...packages.left];
  const targets = npmTargets(packages, tree);
  if (packages.members.length > 0 && packages.root?.scripts['build'] !== undefined)
    left.push({ path: 'package.json', why: 'its build script stands for the packages of the workspace' });
  if (has.has('Cargo.toml')) targets.push(cargo(has));
  if (has.has('go.mod') || has.has('go.work')) targets.push(go());
  const makefile = ['GNUmakefile', 'Makefile', 'makefile'].find((name) => has.has(name));
  if (makefile !== undefined) {
    if (targets.length === 0) targets.push(make(root, makefile));
    else left.push({ path: makefile, why: 'beside other things to build; declare it in .bithub.yml' });
  }
  for (const path of tree.paths) {
    if (/(?:^|\/)(?:Dockerfile|Containerfile)(?:\.[\w-]+)?$/.test(path))
      left.push({ path, why: 'images are built by: bit image build' });
  }
  return { targets, left };
}

const ROOT = {
  directory: '',
  others: [],
  depends: [],
  set: {},
  path: [],
  cached: true,
  close: false,
} as const;

/** The target `build` where the Makefile has one, else its default. Whatever it writes is found by looking. */
function make(root: string, makefile: string): Target {
  const text = readFileSync(join(root, makefile), 'utf8').slice(0, 1 << 20);
  const command = /^build\s*:(?!=)/m.test(text) ? 'make build' : 'make';
  return {
    ...ROOT,
    id: 'make',
    from: 'make',
    steps: [command],
    command,
    reads: () => true,
    outputs: [],
    observe: true,
    env: [
      'CC',
      'CXX',
      'CFLAGS',
      'CXXFLAGS',
      'CPPFLAGS',
      'LDFLAGS',
      'LDLIBS',
      'AR',
      'MAKEFLAGS',
      'PREFIX',
      'DESTDIR',
    ],
    tools: ['make', 'cc'],
  };
}

/** Cargo keeps what is between in `target/`, and its own account of it: only what comes out at the end is kept here. */
function cargo(has: ReadonlySet<string>): Target {
  const command = has.has('Cargo.lock') ? 'cargo build --locked' : 'cargo build';
  return {
    ...ROOT,
    id: 'cargo',
    from: 'cargo',
    steps: [command],
    command,
    reads: (path) =>
      /(?:\.rs|Cargo\.(?:toml|lock)|rust-toolchain(?:\.toml)?)$/.test(path) || cargoExtra(path),
    outputs: ['target/{debug,release}/*'],
    observe: false,
    env: [
      'RUSTFLAGS',
      'RUSTDOCFLAGS',
      'RUSTC',
      'RUSTC_WRAPPER',
      'RUSTUP_TOOLCHAIN',
      'CARGO_*',
      'CC',
      'CFLAGS',
    ],
    tools: ['cargo', 'rustc'],
  };
}

/** What `include_str!` and build scripts read is anywhere in the tree, but for what is no part of any crate. */
function cargoExtra(path: string): boolean {
  return !/^(?:target|node_modules|\.github|docs)\//.test(path);
}

function go(): Target {
  return {
    ...ROOT,
    id: 'go',
    from: 'go',
    steps: ['go build ./...'],
    command: 'go build ./...',
    reads: (path) => !/^(?:node_modules|\.github|docs)\//.test(path),
    outputs: [],
    observe: true,
    env: [
      'GOOS',
      'GOARCH',
      'GOFLAGS',
      'GOTOOLCHAIN',
      'GOPROXY',
      'GOPRIVATE',
      'CGO_ENABLED',
      'CGO_CFLAGS',
      'CC',
    ],
    tools: ['go'],
  };
}
