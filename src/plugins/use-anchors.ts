/** Anchors that plugins bring, as src/anchor knows drivers. */
import { createHash } from 'node:crypto';
import type { AnchorDriver, Options } from '../anchor/index.ts';
import { BitError, isBitError } from '../kernel/errors.ts';
import { printable, shorten } from '../kernel/text.ts';
import type { Reader } from '../operation/index.ts';
import { type Extension, type Extensions, extensionsOf, may, requireExtension } from './extensions.ts';
import { answerAnchor, readAnchored, readStanding } from './points/anchors.ts';
import { checkInputs, inputsOf, withDefaults } from './points/inputs.ts';
import { aborted } from './use-storage.ts';

/** Milliseconds a plugin has for one checkpoint or one receipt. */
const ANCHOR_LIMIT = 120_000;

/**
 * Makes the driver that an entry of `.bithub.yml` names as `plugin:<package>#<name>`. One that isn't installed is a driver
 * all the same, which says so: receipts of it stay what they are.
 *
 * @throws BitError `usage` for an option it doesn't know, or that is a secret's: no plugin is given one
 */
export async function pluginAnchors(
  reader: Pick<Reader, 'extensions'>,
  limit = ANCHOR_LIMIT,
): Promise<(driver: string, options: Options) => AnchorDriver> {
  const extensions = await extensionsOf(reader);
  return (driver, options) => {
    const given = options.others();
    for (const [name, value] of Object.entries(given))
      if (value.startsWith('secret:')) options.fail(name, 'no secret: a plugin is given none');
    const found = find(extensions, driver);
    if (isBitError(found)) return missing(driver, found);
    const asked = inputsOf(found.facts, 'options');
    checkInputs(asked, Object.keys(given), {
      shown: `.bithub.yml: ledger.anchors.${options.name}: ${driver}`,
      what: 'option',
      where: 'beside driver',
    });
    return driverOf(extensions, found, { driver, limit, options: withDefaults(asked, given) });
  };
}

function find(extensions: Extensions, driver: string): Extension | BitError {
  try {
    return requireExtension(extensions, 'anchors', driver);
  } catch (error) {
    if (isBitError(error, 'not-found')) return error;
    throw error;
  }
}

function missing(driver: string, error: BitError): AnchorDriver {
  return {
    place: driver,
    step: `ask ${driver}, which no installed plugin brings`,
    submit: () => Promise.reject(error),
    check: async () => ({ verdict: 'unchecked', detail: `${error.message}; ${error.hint}` }),
  };
}

interface Driving {
  readonly driver: string;
  readonly limit: number;
  readonly options: Readonly<Record<string, string>>;
}

function driverOf(
  extensions: Extensions,
  extension: Extension,
  { driver, limit, options }: Driving,
): AnchorDriver {
  const ask = async (
    reader: Pick<Reader, 'signal'>,
    method: 'submit' | 'check',
    subject: object,
    offline: boolean,
  ): Promise<unknown> => {
    const time = AbortSignal.timeout(limit);
    const signal = AbortSignal.any([reader.signal, time]);
    const session = extensions.open('anchors', extension, signal);
    const answer = answerAnchor({ who: driver, may: may(extension), signal, offline });
    try {
      const args = [subject, { ...options }, offline];
      const asked = session.call(extension.name, method, args, { answer, signal });
      return await Promise.race([asked, aborted(signal)]);
    } catch (error) {
      if (reader.signal.aborted) throw new BitError('cancelled', 'interrupted', { cause: error });
      if (time.aborted)
        throw new BitError('remote', `${driver} did not answer ${method} within ${limit / 1000} s`);
      const { code = 'remote', hint = undefined } = isBitError(error) ? error : {};
      const why = error instanceof Error ? error.message : String(error);
      // that the ledger was tampered with is said by a verdict, which is shown with the receipt
      throw new BitError(KEPT.has(code) ? code : 'remote', `${driver}: ${printable(shorten(why, 500))}`, {
        cause: error,
        ...(hint === undefined ? {} : { hint: printable(shorten(hint, 300)) }),
      });
    } finally {
      await session.close().catch(() => undefined);
    }
  };
  const sha256 = (note: string): string => createHash('sha256').update(note).digest('hex');
  return {
    place: driver,
    step: `hand the checkpoint to ${driver}: ${printable(extension.description)}`,
    async submit({ chain, origin, size, root, note, before }, writer) {
      const hex = Buffer.from(root).toString('hex');
      const checkpoint = { chain, origin, size, root: hex, note, sha256: sha256(note), before };
      return readAnchored(await ask(writer, 'submit', checkpoint, false), driver);
    },
    async check({ chain, size, ts, note, proof }, { reader, offline }) {
      const receipt = { chain, size, ts, note, sha256: sha256(note), proof };
      try {
        return readStanding(await ask(reader, 'check', receipt, offline), driver);
      } catch (error) {
        if (!isBitError(error) || error.code === 'cancelled') throw error;
        return { verdict: offline ? 'unchecked' : 'unreachable', detail: error.message };
      }
    },
  };
}

const KEPT: ReadonlySet<string> = new Set(['auth', 'denied', 'failed', 'not-found', 'remote', 'unsupported']);
