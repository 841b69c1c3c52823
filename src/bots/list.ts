import type { Paper } from '../kernel/paper.ts';
import type { Reader } from '../operation/index.ts';
import { botDigest, deployedBots } from './deployed.ts';
import { handlerText } from './manifest.ts';
import { type BotScope, subscriptionsOf } from './model.ts';
import { findBots, readBot } from './source.ts';
import { botTemplates, type TemplateInfo } from './templates.ts';
import { rerouteText, subscriptionText } from './words.ts';

export const LIST_WHICH = ['deployed', 'templates', 'custom'] as const;
export type ListWhich = (typeof LIST_WHICH)[number];

export interface ListedDeployed {
  readonly name: string;
  readonly description: string;
  readonly scope: BotScope;
  readonly handler: string;
  readonly on: readonly string[];
  readonly granted: readonly string[];
  readonly digest: string;
  readonly deployed: string;
  readonly paused: boolean;
  readonly reroute: string | null;
  /** The work tree has another of this name: `bit bot update` shows the difference. */
  readonly changed: boolean;
}

export interface ListedCustom {
  readonly name: string;
  readonly path: string;
  readonly description: string;
  readonly handler: string | null;
  readonly capabilities: readonly string[];
  readonly deployed: boolean;
  /** Why it is no bot. */
  readonly fault: string | null;
}

export interface BotList {
  readonly which: ListWhich | null;
  readonly deployed?: readonly ListedDeployed[];
  /** Deployed bots whose file is damaged. */
  readonly damaged?: readonly { readonly path: string; readonly why: string }[];
  readonly templates?: readonly TemplateInfo[];
  readonly custom?: readonly ListedCustom[];
}

/** Bots that are deployed here, those the work tree has, and what a new one can be made from. */
export async function listBots(reader: Reader, which: ListWhich | undefined): Promise<BotList> {
  const root = reader.repository?.root;
  const { bots, damaged } = await deployedBots(reader);
  const wanted = (one: ListWhich): boolean => which === undefined || which === one;
  const custom = root === undefined || !wanted('custom') ? [] : findBots(root);
  return {
    which: which ?? null,
    ...(wanted('deployed')
      ? {
          deployed: bots.map(({ manifest, ...bot }) => ({
            name: manifest.name,
            description: manifest.description,
            scope: bot.scope,
            handler: handlerText(manifest.handler),
            on: subscriptionsOf({ manifest, ...bot }).map(subscriptionText),
            granted: bot.granted,
            digest: bot.digest,
            deployed: bot.deployed,
            paused: bot.paused,
            reroute: bot.reroute === null ? null : rerouteText(bot.reroute),
            changed: root !== undefined && digestIn(root, manifest.name, bot.digest) !== bot.digest,
          })),
          damaged,
        }
      : {}),
    ...(wanted('custom')
      ? {
          custom: custom.map(({ name, path, manifest, fault }) => ({
            name,
            path,
            description: manifest?.description ?? '',
            handler: manifest === null ? null : handlerText(manifest.handler),
            capabilities: manifest?.capabilities ?? [],
            deployed: bots.some((bot) => bot.manifest.name === name),
            fault,
          })),
        }
      : {}),
    ...(which === 'templates' ? { templates: botTemplates() } : {}),
  };
}

/** Of the work tree's bot of that name; where there is none, or a faulty one, nothing has changed that could be taken. */
function digestIn(root: string, name: string, otherwise: string): string {
  try {
    const { text, files } = readBot(root, name);
    return botDigest(text, files);
  } catch {
    return otherwise;
  }
}

export function renderBots({ which, deployed, damaged = [], templates, custom }: BotList, page: Paper): void {
  const { style } = page;
  const cell = (text: string): string => page.safe(text);
  if (deployed !== undefined && deployed.length > 0) {
    if (which === null) page.line(style.bold('Deployed'));
    page.table(
      deployed.map((bot) => [
        style.cyan(cell(bot.name)),
        bot.paused ? style.yellow('paused') : bot.reroute === null ? 'at work' : cell(`→ ${bot.reroute}`),
        cell(bot.scope),
        cell(bot.on.join('; ') || 'nothing'),
        bot.changed ? style.yellow('changed in the tree') : '',
      ]),
    );
  } else if (which !== 'custom' && which !== 'templates') {
    page.line('No bot is deployed. Make one with: bit bot create, and set it to work with: bit bot deploy');
  }
  for (const { path, why } of damaged) page.line(style.red(cell(`${path}: ${why}`)));
  const idle = (custom ?? []).filter((bot) => which === 'custom' || !bot.deployed);
  if (which === null && idle.length > 0) page.line(style.bold('In the tree, not deployed'));
  page.table(
    idle.map((bot) => [
      style.cyan(cell(bot.name)),
      bot.fault === null ? cell(bot.handler ?? '') : style.red('faulty'),
      cell(bot.fault ?? bot.description),
    ]),
  );
  if (which === 'custom' && idle.length === 0)
    page.line('No bots in the tree. Make one with: bit bot create');
  if (templates !== undefined)
    page.table(
      templates.map(({ name, language, description }) => [style.cyan(name), language, cell(description)]),
    );
}
