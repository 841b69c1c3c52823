import { acceptedSigners } from '../guard/index.ts';
import type { Paper } from '../kernel/paper.ts';
import { fingerprintOf, isTrusted, type KeyInfo, opensshLine, type PublicKey } from '../keys/index.ts';
import type { Reader } from '../operation/index.ts';

export interface KeysReport {
  readonly keys: readonly (Omit<KeyInfo, 'place'> & {
    readonly place: KeyInfo['place'];
    /** By the accepted signers; null where none were accepted, and everybody's own key counts. */
    readonly trusted: boolean | null;
  })[];
}

/** One's own keys, oldest first, and the one handed over in the environment. Makes none. */
export async function showKeys(reader: Reader): Promise<KeysReport> {
  const signers = acceptedSigners(reader.stateDirectory);
  const given = reader.env['BIT_SIGNING_KEY'];
  const [listed, current] = [await reader.keys.list(), await reader.keys.current()];
  const keys =
    given === undefined || given === '' || current === undefined
      ? listed
      : [...listed.map((key) => ({ ...key, current: false })), environmentKey(current)];
  return {
    keys: keys.map((key) => ({
      ...key,
      trusted: signers === undefined ? null : isTrusted(signers, key.publicKey, reader.now()),
    })),
  };
}

function environmentKey(publicKey: PublicKey): KeyInfo {
  return {
    publicKey,
    fingerprint: fingerprintOf(publicKey),
    place: 'environment',
    created: '',
    current: true,
    openssh: opensshLine(publicKey, 'environment'),
  };
}

export function renderKeys({ keys }: KeysReport, page: Paper): void {
  const { style } = page;
  if (keys.length === 0) page.line('No key yet: the first action makes one, or: bit key new');
  for (const key of keys) {
    const trust =
      key.trusted === null
        ? ''
        : key.trusted
          ? style.green('  trusted here')
          : style.yellow('  not trusted here: bit key trust');
    page.line(
      `${key.current ? style.green('*') : ' '} ${key.fingerprint}  ${key.place}${key.created === '' ? '' : `  ${key.created.slice(0, 10)}`}${trust}`,
    );
    page.line(style.dim(`    ${key.publicKey}`));
    page.line(style.dim(`    ${page.safe(key.openssh)}`));
  }
}
