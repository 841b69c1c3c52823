import { BitError } from '../kernel/errors.ts';
import type { Effect, Writer } from '../operation/index.ts';
import { receiveLedger } from './receive.ts';
import { shareLedger } from './share.ts';

/**
 * Sends the ledger along with a push, where the repository shares it. What was pushed stays pushed: a remote that
 * doesn't take the ledger is a notice.
 */
export async function sendAlong(writer: Writer, remote: string): Promise<void> {
  if (writer.settings.ledger.share === 'off') return;
  await along(writer, 'ledger.push', 'LEDGER_PUSH', remote, () => shareLedger(writer, remote));
}

/** Receives the ledger along with a fetch, where the repository shares it. @throws BitError `integrity` */
export async function receiveAlong(writer: Writer, remote: string): Promise<void> {
  if (writer.settings.ledger.share === 'off') return;
  await along(writer, 'ledger.fetch', 'LEDGER_FETCH', remote, () => receiveLedger(writer, remote));
}

async function along<Out extends object>(
  writer: Writer,
  action: string,
  event: string,
  remote: string,
  effect: () => Promise<Effect<Out>>,
): Promise<void> {
  try {
    await writer.perform({ action, event, command: action, args: { remote } }, await effect());
  } catch (error) {
    if (!(error instanceof BitError) || error.code === 'integrity' || error.code === 'cancelled') throw error;
    writer.notice(`note: the ledger did not travel: ${error.message}`);
  }
}
