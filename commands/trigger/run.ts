import { Flags } from '@oclif/core';
import { action, count, type Input, type Page, type Reader } from '../../src/api/index.ts';
import { runTriggers, type TriggerSession } from '../../src/trigger/index.ts';

export default class TriggerRun extends action({
  action: 'workflow.trigger',
  event: 'TRIGGER_RUN',
})<TriggerSession> {
  static override summary = 'Watch files, the ledger and webhooks for the triggers, until Ctrl-C.';
  static override description =
    `Webhooks are taken as GitHub sends them, POST / or POST /<trigger>: signed by X-Hub-Signature-256 with the trigger's secret,
each once. Put a proxy with TLS before it where it is to be reached from outside.`;
  static override examples = [
    '<%= config.bin %> trigger run --once',
    '<%= config.bin %> trigger run --host 127.0.0.1 --port 8018',
  ];
  static override flags = {
    once: Flags.boolean({ description: 'See to what waits now, and end.' }),
    host: Flags.string({ description: 'Address to listen on for webhooks.', default: '127.0.0.1' }),
    port: Flags.integer({ description: 'Port; default any.', default: 0, min: 0, max: 65_535 }),
  };

  protected override effect(reader: Reader, { flags }: Input<typeof TriggerRun>) {
    return runTriggers(reader, { host: flags.host, port: flags.port, once: flags.once });
  }

  protected override render({ fired, failed, stopped }: TriggerSession, page: Page): void {
    page.line(`${count(fired, 'workflow')} run, ${failed} failed, ${stopped} not started`);
  }
}
