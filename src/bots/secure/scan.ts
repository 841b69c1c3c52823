import type { Paper } from '../../kernel/paper.ts';
import type { Reader } from '../../operation/index.ts';
import { botCovers, isExactOnly } from '../../token/index.ts';
import { describeBotCapability, isWide } from '../capabilities.ts';
import { botPlace, deployedNamed, readDeployed } from '../deployed.ts';
import { readUsed } from '../host/history.ts';
import { type BotSeam, type CommandFacts, capabilityFor } from '../host/seam.ts';
import { handlerText } from '../manifest.ts';
import type { DeployedBot } from '../model.ts';
import { type SandboxInForce, sandboxInForce } from './sandbox.ts';

export interface ScannedCapability {
  readonly capability: string;
  readonly means: string;
  /** Commands it lets the bot run, dotted. */
  readonly commands: readonly string[];
  /** By it more than the bot's own work can come to change. */
  readonly wide: boolean;
  /** Times the bot needed it; 0: never, as far as is known. */
  readonly used: number;
}

export interface ScannedBot {
  readonly bot: string;
  readonly handler: string;
  readonly paused: boolean;
  readonly capabilities: readonly ScannedCapability[];
  readonly sandbox: SandboxInForce;
  /** What is worth a look. */
  readonly warnings: readonly string[];
}

export interface BotScan {
  readonly bots: readonly ScannedBot[];
}

/** What each deployed bot can do on this machine. @throws BitError `not-found` */
export async function scanBots(
  reader: Reader,
  seam: BotSeam,
  question: { readonly bot: string | undefined },
): Promise<BotScan> {
  const place = await botPlace(reader);
  const bots = question.bot === undefined ? readDeployed(place).bots : [deployedNamed(place, question.bot)];
  return { bots: bots.map((bot) => scanned(reader, seam, bot)) };
}

function scanned(reader: Reader, seam: BotSeam, bot: DeployedBot): ScannedBot {
  const { manifest, granted, paused } = bot;
  const used = readUsed(reader.stateDirectory, manifest.name);
  const commands = seam.commands();
  const capabilities = granted.map((capability): ScannedCapability => {
    const lets = commands.filter((command) => letsRun(capability, command));
    return {
      capability,
      means: describeBotCapability(capability),
      commands: lets.map(({ command }) => command).sort(),
      wide:
        isWide(capability) ||
        lets.some((command) => isExactOnly(capabilityFor(command)) && command.kind === 'action'),
      used: used
        .filter((one) => botCovers([capability], one.capability))
        .reduce((sum, one) => sum + one.times, 0),
    };
  });
  const sandbox = sandboxInForce(reader, bot);
  return {
    bot: manifest.name,
    handler: handlerText(manifest.handler),
    paused,
    capabilities,
    sandbox,
    warnings: [
      ...sandbox.faults,
      ...capabilities.flatMap(({ capability, wide }) =>
        wide ? [`${capability} reaches further than the bot's own work`] : [],
      ),
      ...capabilities.flatMap(({ capability, commands: lets }) =>
        lets.length === 0 && !/^(?:tree|network|query):/.test(capability)
          ? [`${capability} lets it run no command of bit`]
          : [],
      ),
    ],
  };
}

function letsRun(capability: string, command: CommandFacts): boolean {
  if (command.command === 'git') return capability.startsWith('git:') || capability.startsWith('query:git');
  return botCovers([capability], capabilityFor(command));
}

const MOST_SHOWN = 12;

export function renderScan({ bots }: BotScan, page: Paper): void {
  if (bots.length === 0) page.line('no bot is deployed here');
  for (const { bot, handler, paused, capabilities, sandbox, warnings } of bots) {
    page.line(page.safe(`${bot}  ${handler}${paused ? '  (paused)' : ''}`));
    if (capabilities.length === 0) page.line('  may do nothing');
    for (const { capability, means, commands, used, wide } of capabilities) {
      const times = used === 0 ? page.style.dim('never used') : `used ${used} times`;
      const name = wide ? page.style.yellow(page.safe(capability)) : page.safe(capability);
      page.line(`  ${name}  ${page.safe(means)}  ${times}`);
      const more = commands.length > MOST_SHOWN ? ` and ${commands.length - MOST_SHOWN} more` : '';
      if (commands.length > 0)
        page.line(
          `    ${commands
            .slice(0, MOST_SHOWN)
            .map((one) => one.replaceAll('.', ' '))
            .join(', ')}${more}`,
        );
    }
    const held = (yes: boolean): string => (yes ? 'yes' : 'no');
    page.line(
      `  sandbox: ${sandbox.process}; name spaces: ${held(sandbox.namespaces)}; commands confined: ${held(sandbox.commands)}; memory by ${sandbox.memory}`,
    );
    for (const warning of warnings) page.line(page.style.yellow(page.safe(`  ! ${warning}`)));
  }
}
