import { BitError } from '../kernel/errors.ts';
import { isJsonObject, type JsonObject } from '../kernel/json.ts';
import { nearest, printable, shorten } from '../kernel/text.ts';
import { evmAnchor } from './evm.ts';
import { gitAnchor } from './git.ts';
import { opentimestampsAnchor } from './opentimestamps.ts';
import { Options } from './options.ts';
import type { AnchorDriver } from './port.ts';
import { witnessAnchor } from './witness.ts';

/** An anchor of `.bithub.yml`. */
export interface ConfiguredAnchor {
  readonly name: string;
  readonly driver: string;
  readonly port: AnchorDriver;
}

/** The only place that knows which drivers there are. */
const DRIVERS: Readonly<Record<string, (options: Options) => AnchorDriver>> = {
  evm: evmAnchor,
  git: gitAnchor,
  witness: witnessAnchor,
  opentimestamps: opentimestampsAnchor,
};

export const DRIVER_NAMES: readonly string[] = Object.keys(DRIVERS);

/** Part of a ref's name, and of a file's. */
const NAME = /^[a-z0-9][a-z0-9-]{0,62}$/;

/** Makes a driver that isn't one of bit's. */
export type OtherDriver = (driver: string, options: Options) => AnchorDriver;

/** Whether an entry names a driver of a plugin: `plugin:<package>#<name>`. */
export function namesPlugin(driver: unknown): boolean {
  return typeof driver === 'string' && driver.startsWith('plugin:');
}

/** @throws BitError `usage` naming the key that can't be */
export function configuredAnchors(settings: JsonObject, others?: OtherDriver): readonly ConfiguredAnchor[] {
  return Object.entries(settings).map(([name, values]) => {
    if (!NAME.test(name)) {
      throw new BitError('usage', `.bithub.yml: ledger.anchors: '${printable(shorten(name))}' is no name`, {
        hint: 'small letters, digits and -, at most 63',
      });
    }
    const options = new Options(name, isJsonObject(values) ? values : {});
    const driver = options.text('driver');
    const open = Object.hasOwn(DRIVERS, driver) ? DRIVERS[driver] : undefined;
    const other = namesPlugin(driver) ? others : undefined;
    if (open === undefined && other === undefined)
      return options.fail('driver', `one of ${DRIVER_NAMES.join(', ')}, or plugin:<package>#<name>`);
    const port = open === undefined ? (other as OtherDriver)(driver, options) : open(options);
    options.done();
    return { name, driver, port };
  });
}

/**
 * Those named, or all of a driver, or all.
 *
 * @throws BitError `not-found` for a name that isn't there, `usage` where there is none at all
 */
export function chooseAnchors(
  anchors: readonly ConfiguredAnchor[],
  { names, driver }: { readonly names: readonly string[]; readonly driver: string | undefined },
): readonly ConfiguredAnchor[] {
  if (driver !== undefined && !DRIVER_NAMES.includes(driver) && !namesPlugin(driver)) {
    const near = nearest(driver, DRIVER_NAMES);
    throw new BitError('usage', `no driver is called ${printable(shorten(driver))}`, {
      hint:
        near.length > 0
          ? `did you mean: ${near.join(', ')}`
          : `one of ${DRIVER_NAMES.join(', ')}, or plugin:<package>#<name>`,
    });
  }
  for (const name of names) {
    if (anchors.some((anchor) => anchor.name === name)) continue;
    const near = nearest(
      name,
      anchors.map((anchor) => anchor.name),
    );
    throw new BitError('not-found', `no anchor is called ${printable(shorten(name))}`, {
      hint:
        near.length > 0 ? `did you mean: ${near.join(', ')}` : 'anchors stand in .bithub.yml, ledger.anchors',
    });
  }
  const chosen = anchors.filter(
    (anchor) =>
      (names.length === 0 || names.includes(anchor.name)) &&
      (driver === undefined || anchor.driver === driver),
  );
  if (chosen.length > 0) return chosen;
  const what = driver === undefined ? 'no anchor is configured' : `no anchor ${driver} is configured`;
  throw new BitError('not-found', what, {
    hint: 'say in .bithub.yml, for example: ledger: {anchors: {origin: {driver: git, remote: origin}}}',
  });
}
