/** A repository with a ledger and anchors, and what a thief of the machine would do to it. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { rewrite as rewriteChain } from '../transparency/store.ts';
import { type BitRun, type World, world } from '../world.ts';

export interface Ground extends World {
  /** Runs `bit … --json` and expects this exit status. */
  json<Out = Record<string, unknown>>(code: number, ...words: string[]): Promise<Out>;
  /** The anchors of `.bithub.yml`. */
  anchors(anchors: object): void;
  readonly ledger: string;
  /** The chain written again from its second entry on and signed with its own key; nothing on this machine remembers. */
  rewrite(): void;
}

export interface Check {
  readonly checks: readonly {
    readonly anchor: string;
    readonly verdict: string;
    readonly detail: string;
    readonly receipt?: string;
    readonly size?: number;
    readonly anchored?: { readonly head: string; readonly note: string };
    readonly here?: { readonly head: string };
  }[];
}

export async function onGround(work: (ground: Ground) => Promise<void>): Promise<void> {
  const place = world();
  try {
    place.start();
    await work(groundOf(place));
  } finally {
    place.close();
  }
}

export function groundOf(place: World): Ground {
  const ledger = join(place.dir, '.git/bit/ledger');
  return {
    ...place,
    ledger,
    async json<Out>(code: number, ...words: string[]): Promise<Out> {
      const run: BitRun = await place.bit(...words, '--json');
      assert.is(run.code, code, `${words.join(' ')}: ${run.stdout}${run.stderr}`);
      return JSON.parse(code === 0 || run.stdout !== '' ? run.stdout : run.stderr) as Out;
    },
    anchors(anchors) {
      place.write('.bithub.yml', JSON.stringify({ ledger: { anchors } }));
    },
    rewrite() {
      rewriteChain(place, ledger, 1, (fields) => ({ ...fields, as: 'Eve <eve@example.org>' }));
      rmSync(join(place.root, 'data/bit/checkpoints'), { recursive: true, force: true });
    },
  };
}

/** A folder elsewhere. */
export function folder(place: World, name: string): string {
  const path = join(place.root, name);
  mkdirSync(path, { recursive: true });
  return path;
}

export function editJson(file: string, change: (value: Record<string, unknown>) => void): void {
  const value = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
  change(value);
  writeFileSync(file, JSON.stringify(value));
}
