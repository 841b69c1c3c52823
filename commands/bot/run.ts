import { Flags } from '@oclif/core';
import { action, type Input, type Page, type Reader } from '../../src/api/index.ts';
import { type BotSession, installHost, runBots, webhooksOf } from '../../src/bots/index.ts';
import { botSeam } from '../../src/cli/bot-host.ts';
import { count } from '../../src/cli/page.ts';
import type { InstallResult, Keeper } from '../../src/schedule/index.ts';

export default class BotRun extends action({ action: 'bot.run', event: 'BOT_RUN' })<
  BotSession | InstallResult
> {
  static override summary =
    'Host the deployed bots: the process that hears what happens and has them handle it.';
  static override description =
    'It runs until Ctrl-C. --once sees to what waits now and ends. --install has systemd, or cron, do it from now on. Each bot has a process of its own, sandboxed, and a token that carries what it was granted; whatever it changes is a bit command, gated and recorded as the bot. Events wait in a queue on disk: what happens while no host runs is found later, and nothing is handled twice.';
  static override examples = [
    '<%= config.bin %> bot run --once',
    '<%= config.bin %> bot run',
    '<%= config.bin %> bot run --webhook-secret GITHUB_WEBHOOK --port 8018',
    '<%= config.bin %> bot run --install systemd',
  ];
  static override flags = {
    once: Flags.boolean({ description: 'See to what waits now, and end.', exclusive: ['install'] }),
    install: Flags.option({
      options: ['systemd', 'crontab'] as const,
      description: 'Have this start it, from now on.',
    })(),
    'webhook-secret': Flags.string({
      description: "Take GitHub's webhooks, signed by this secret (bit secret set).",
      helpValue: 'NAME',
    }),
    host: Flags.string({ description: 'Address to listen on for webhooks.', default: '127.0.0.1' }),
    port: Flags.integer({ description: 'Port; default any.', default: 0, min: 0, max: 65_535 }),
    parallel: Flags.integer({ description: 'Bots at work at one time.', default: 4, min: 1, max: 64 }),
  };

  protected override async effect(reader: Reader, { flags }: Input<typeof BotRun>) {
    const { once, install, parallel } = flags;
    const webhooks = webhooksOf(flags['webhook-secret'], flags);
    return install === undefined
      ? await runBots(reader, { seam: botSeam(), once, webhooks, parallel })
      : await installHost(reader, install as Keeper, webhooks);
  }

  protected override render(out: BotSession | InstallResult, page: Page): void {
    if ('keeper' in out) {
      page.line(page.safe(`${out.keeper} hosts the bots: ${out.what}`));
      if (out.next !== null) page.line(page.safe(`start it by: ${out.next}`));
      return;
    }
    const { done, failed, dead, waiting } = out;
    page.line(
      `${count(done, 'event')} handled, ${failed} tries failed, ${dead} given up, ${waiting} waiting`,
    );
  }
}
