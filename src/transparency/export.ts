import { existsSync, readdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { ledgerTrust } from '../guard/index.ts';
import { BitError } from '../kernel/errors.ts';
import { makeDirectory, readTextIfExists, writeFileAtomic } from '../kernel/files.ts';
import type { TrustRules } from '../ledger/index.ts';
import type { Effect, Reader } from '../operation/index.ts';
import { type SignedCheckpoint, signCheckpoint } from './checkpoint.ts';
import { chainFiles } from './files.ts';
import { readSeen, successionFault } from './memory.ts';

export interface ExportResult extends Omit<SignedCheckpoint, 'note'> {
  readonly directory: string;
  /** Written this time; what was there and full stays. */
  readonly files: number;
}

/** Writes the chain of this clone as a tlog-tiles log (c2sp.org/tlog-tiles), or brings one written earlier up to date. */
export async function exportLedger(reader: Reader, output: string): Promise<Effect<ExportResult>> {
  const trust = await ledgerTrust(reader);
  const directory = resolve(reader.cwd, output);
  const before = exportedBefore(directory, trust);
  return {
    summary: `export the ledger to ${directory}`,
    target: { output: directory },
    plan: [
      'sign a checkpoint',
      before === undefined
        ? `write checkpoint and tile/ to ${directory}`
        : `bring ${directory} from ${before.size} entries up to date`,
    ],
    touches: { refs: [] },
    irreversible: [`wrote ${directory}`],
    async run(writer) {
      const { note, ...signed } = await signCheckpoint(writer);
      refuseForeign(directory, before, signed.chain, writer.ledger.tree(signed.chain));
      let files = 0;
      const progress = writer.progress('export the ledger');
      try {
        for (const { path, bytes, full } of chainFiles(
          writer.ledger,
          signed.chain,
          signed.size,
          before?.size,
        )) {
          writer.signal.throwIfAborted();
          const target = join(directory, path);
          if (full && existsSync(target) && before !== undefined) continue;
          makeDirectory(dirname(target));
          writeFileAtomic(target, bytes);
          files += 1;
          progress.update('files', files, undefined);
        }
      } finally {
        progress.end();
      }
      // Last: a checkpoint never promises tiles that aren't there.
      writeFileAtomic(join(directory, 'checkpoint'), note);
      return { ...signed, directory, files: files + 1 };
    },
    record: ({ origin, size, root, files }) => ({ origin, size, root, files, directory }),
  };
}

type Before = ReturnType<typeof readSeen>;

function exportedBefore(directory: string, trust: TrustRules): Before | undefined {
  const file = join(directory, 'checkpoint');
  const note = readTextIfExists(file);
  if (note !== undefined) return readSeen(note, trust, file);
  if (!existsSync(directory) || readdirSync(directory).length === 0) return undefined;
  throw new BitError('conflict', `the folder is not empty and holds no exported ledger: ${directory}`, {
    hint: 'name a new folder',
  });
}

function refuseForeign(
  directory: string,
  before: Before | undefined,
  chain: string,
  tree: {
    readonly size: number;
    root(size?: number): Uint8Array;
    consistency(a: number, b?: number): Uint8Array[];
  },
): void {
  if (before === undefined) return;
  if (before.chain !== chain) {
    throw new BitError(
      'conflict',
      `${directory} holds chain ${before.chain}, and this clone writes ${chain}`,
      {
        hint: 'name a folder of its own for each chain',
      },
    );
  }
  const now = { chain, size: tree.size, root: tree.root() };
  const fault = successionFault(before, now, (size1, size2) => tree.consistency(size1, size2));
  if (fault !== undefined) {
    throw new BitError('integrity', `chain ${chain} does not go on from what ${directory} holds: ${fault}`, {
      hint: 'find what happened with: bit ledger verify',
    });
  }
}
