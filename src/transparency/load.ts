import { lstatSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { join, resolve, sep } from 'node:path';
import { ledgerTrust, pinSigners } from '../guard/index.ts';
import { BitError } from '../kernel/errors.ts';
import { printable, shorten } from '../kernel/text.ts';
import type { Effect, Reader } from '../operation/index.ts';
import { parseCheckpointText, parseNote } from '../tlog/index.ts';
import { chainOf } from './origin.ts';
import { type ReceiveResult, receiveLedger, takeOrPin } from './receive.ts';
import type { SharedLog } from './shared.ts';

/** A tile or bundle is far smaller; a bundle of the longest payloads is this. */
const MOST_FILE_BYTES = 256 * 1024 * 1024;

/**
 * Takes another clone's history into the ledger: a folder that `bit ledger export` wrote, or a repository that holds its
 * chain (`bit ledger push`). Verified as what a fetch receives is; what isn't believed is refused.
 *
 * @throws BitError `not-found` where the source holds no history, `integrity` where it isn't believed
 */
export async function loadHistory(
  reader: Reader,
  source: string,
  options: { readonly pin: boolean },
): Promise<Effect<ReceiveResult>> {
  const path = resolve(reader.cwd, source);
  const there = lstatSync(path, { throwIfNoEntry: false });
  if (
    there?.isDirectory() === true &&
    lstatSync(join(path, 'checkpoint'), { throwIfNoEntry: false })?.isFile()
  )
    return loadExport(reader, path, options.pin);
  const effect = await receiveLedger(reader, there === undefined ? source : path, options);
  return {
    ...effect,
    async run(writer) {
      const out = await effect.run(writer);
      if (out.chains.length > 0) return out;
      throw new BitError('not-found', `${printable(shorten(source))} shares no history`, {
        hint: 'there, send it with: bit ledger push, or write it to a folder with: bit ledger export <folder>',
      });
    },
  };
}

async function loadExport(reader: Reader, directory: string, pin: boolean): Promise<Effect<ReceiveResult>> {
  const log = folderLog(directory);
  const note = Buffer.from((await log.read('checkpoint')) ?? []).toString('utf8');
  const chain = chainOf(parseCheckpointText(parseNote(note).text)?.origin ?? '');
  if (chain === undefined)
    throw new BitError(
      'unsupported',
      `${printable(directory)} holds a log, and not one of a ledger of bit's`,
    );
  const trust = await ledgerTrust(reader);
  return {
    summary: `load chain ${chain} from ${directory}`,
    target: { source: directory, chain, pin },
    plan: [
      `verify the log in ${directory}: signatures, entries, tree, and that it goes on from what was seen`,
      ...(pin ? ['believe from now on whoever began it, where nobody knows him'] : []),
      'add what is new to the ledger',
    ],
    touches: { refs: [] },
    async run(writer) {
      const { received, pinned } = await takeOrPin(writer, chain, log, { trust, pin });
      const keys = pinned === undefined ? [] : [pinned];
      pinSigners(writer.stateDirectory, keys, `met in ${directory}`);
      return { remote: directory, chains: [received], pinned: keys };
    },
    record: ({ chains, pinned }) => ({
      source: directory,
      chains: chains.map((one) => ({ ...one })),
      pinned: [...pinned],
    }),
  };
}

/** The files below a folder, and through no link any other. */
function folderLog(directory: string): SharedLog {
  const root = realpathSync(directory);
  return {
    name: directory,
    async read(path) {
      const file = join(root, path);
      const stat = lstatSync(file, { throwIfNoEntry: false });
      if (stat === undefined) return undefined;
      if (!stat.isFile() || stat.size > MOST_FILE_BYTES || !realpathSync(file).startsWith(root + sep))
        throw new BitError('integrity', `${file} is no file of a log`, { details: { path: file } });
      return readFileSync(file);
    },
    async list(folder) {
      if (lstatSync(join(root, folder), { throwIfNoEntry: false })?.isDirectory() !== true) return [];
      return readdirSync(join(root, folder)).map((name) => {
        const path = `${folder}${name}`;
        return { path, size: lstatSync(join(root, path), { throwIfNoEntry: false })?.size ?? 0 };
      });
    },
  };
}
