import { parseCondition } from '../expression/index.ts';
import { BitError, isBitError } from '../kernel/errors.ts';
import { compileGlob } from '../kernel/glob.ts';
import type { JsonObject } from '../kernel/json.ts';
import { nearest, printable, shorten } from '../kernel/text.ts';
import { parseCron } from '../schedule/index.ts';
import { type Fault, faulty, type Place, parseYaml, validate } from '../specification/index.ts';
import { checkCapability } from '../token/index.ts';
import {
  BOT_EVENTS,
  type BotEventName,
  type BotHandler,
  type BotManifest,
  DEFAULT_LIMITS,
  type ScriptLanguage,
  type Subscription,
} from './model.ts';
import { BOT_NAME, BOT_SHAPE, NAME_WANTED, type WrittenBot } from './shape.ts';

/** What an `if:` of a subscription may name. */
export const CONDITION_NAMES = { contexts: ['event', 'repo', 'bot'] } as const;

/** @throws BitError `usage` for what is no name of a bot */
export function checkBotName(name: string): string {
  if (BOT_NAME.test(name)) return name;
  throw new BitError('usage', `a bot can't be called ${printable(shorten(name))}`, { hint: NAME_WANTED });
}

/**
 * The manifest a text is; `path` is how errors name it, `name` what the file is called.
 *
 * @throws BitError `usage` with everything that is wrong in it, by line and column
 */
export function parseBot(path: string, text: string, name?: string): BotManifest {
  const { value, faults, places } = validate<WrittenBot>(parseYaml(path, text), BOT_SHAPE);
  if (faults.length > 0) throw faulty(path, faults);
  const reading = new Reading(places);
  const manifest = reading.manifest(value, name);
  if (reading.faults.length > 0) throw faulty(path, reading.faults);
  return manifest;
}

const KINDS: Readonly<Partial<Record<BotEventName, readonly string[]>>> = {
  git: ['commit', 'tag', 'ref'],
  workflow: ['failed', 'finished', 'waiting'],
};
const KIND: Readonly<Record<BotEventName, RegExp>> = {
  ledger: /^[A-Z][A-Z0-9_]{0,63}$/,
  git: /^[a-z]+$/,
  workflow: /^[a-z]+$/,
  schedule: /^(?!)/,
  mesh: /^[A-Z][A-Z0-9_]{0,63}$/,
  github: /^[a-z_]{1,64}(?:\.[a-z_]{1,64})?$/,
};

type WrittenSubscription = NonNullable<WrittenBot['on']>[number];

/** What the shape alone can't tell, each fault with its place. */
class Reading {
  readonly faults: Fault[] = [];
  readonly #places: ReadonlyMap<string, Place>;

  constructor(places: ReadonlyMap<string, Place>) {
    this.#places = places;
  }

  manifest(written: WrittenBot, name: string | undefined): BotManifest {
    if (name !== undefined && written.name !== name)
      this.#add('name', `the bot of this file must be called ${name}, and is called ${written.name}`);
    const { capabilities = [], limits = {}, on = [] } = written;
    for (const [index, one] of capabilities.entries())
      this.#try(`capabilities[${index}]`, () => checkBotCapability(one));
    return {
      name: written.name,
      description: written.description ?? '',
      handler: this.#try('handler', () => parseHandler(written.handler)) ?? { kind: 'bundled', bot: '' },
      on: on.flatMap((one, index) => this.#subscription(one, `on[${index}]`)),
      capabilities: [...new Set(capabilities)],
      limits: { ...DEFAULT_LIMITS, ...limits },
      settings: (written.settings ?? {}) as JsonObject,
    };
  }

  #subscription(written: WrittenSubscription, path: string): readonly Subscription[] {
    if (typeof written === 'string') {
      if (written === 'schedule') this.#add(path, 'a schedule needs its cron line', 'schedule: 0 6 * * 1');
      return [plain(written)];
    }
    const named = BOT_EVENTS.find((event) => written[event] !== undefined);
    const event = written.event ?? named;
    if (event === undefined) return [];
    const said = named === undefined || named === 'schedule' ? undefined : written[named];
    if (said !== undefined && written.kinds !== undefined)
      this.#add(`${path}.kinds`, `${path} names its kinds twice`);
    const cron = written.cron ?? written.schedule;
    const made: Subscription = {
      event,
      kinds: [said ?? written.kinds ?? []].flat(),
      workflows: [written.workflows ?? []].flat(),
      branches: [written.branches ?? []].flat(),
      paths: [written.paths ?? []].flat(),
      ...(cron === undefined ? {} : { cron: cron.trim() }),
      ...(written.if === undefined ? {} : { condition: written.if }),
    };
    const of: Partial<Record<SubscriptionMember, string>> = {
      kinds: said === undefined ? 'kinds' : event,
      cron: written.cron === undefined ? 'schedule' : 'cron',
      condition: 'if',
    };
    for (const { member, message, hint } of faultsOf(made)) {
      const key = member === '' ? '' : `.${of[member] ?? member}`;
      this.#add(`${path}${key}`, message, hint);
    }
    return [made];
  }

  #try<Out>(path: string, read: () => Out): Out | undefined {
    try {
      return read();
    } catch (error) {
      if (!isBitError(error)) throw error;
      this.#add(path, error.message, error.hint);
      return undefined;
    }
  }

  #add(path: string, message: string, hint?: string): void {
    let place = path;
    while (!this.#places.has(place) && place !== '') place = place.replace(/(?:^|[.[])[^.[]*$/, '');
    const { line, column } = this.#places.get(place) ?? { line: 1, column: 1 };
    this.faults.push({ line, column, path, message, ...(hint === undefined ? {} : { hint }) });
  }
}

function plain(event: BotEventName): Subscription {
  return { event, kinds: [], workflows: [], branches: [], paths: [] };
}

type SubscriptionMember = keyof Subscription | '';

interface SubscriptionFault {
  readonly member: SubscriptionMember;
  readonly message: string;
  readonly hint?: string;
}

/** @throws BitError `usage` for a subscription that can never be */
export function checkSubscription(subscription: Subscription): Subscription {
  const [fault] = faultsOf(subscription);
  if (fault === undefined) return subscription;
  throw new BitError('usage', fault.message, fault.hint === undefined ? {} : { hint: fault.hint });
}

function faultsOf(made: Subscription): readonly SubscriptionFault[] {
  const faults: SubscriptionFault[] = [];
  const attempt = (member: SubscriptionMember, check: () => unknown): void => {
    try {
      check();
    } catch (error) {
      if (!isBitError(error)) throw error;
      faults.push({
        member,
        message: error.message,
        ...(error.hint === undefined ? {} : { hint: error.hint }),
      });
    }
  };
  const { event, kinds, workflows, branches, paths, cron, condition } = made;
  for (const kind of kinds) attempt('kinds', () => checkKind(event, kind));
  for (const pattern of branches) attempt('branches', () => compileGlob(pattern));
  for (const pattern of paths) attempt('paths', () => compileGlob(pattern));
  if (condition !== undefined) attempt('condition', () => parseCondition(condition, CONDITION_NAMES));
  if (event === 'schedule') {
    if (cron === undefined)
      faults.push({ member: '', message: 'a schedule needs its cron line', hint: "cron: '0 6 * * 1'" });
    else attempt('cron', () => parseCron(cron, 'UTC'));
  } else if (cron !== undefined) {
    faults.push({ member: 'cron', message: `${event} has no cron line`, hint: 'event: schedule has' });
  }
  const narrowing: readonly [SubscriptionMember, readonly string[], readonly BotEventName[]][] = [
    ['workflows', workflows, ['workflow']],
    ['branches', branches, ['git', 'workflow', 'ledger', 'github']],
    ['paths', paths, ['git', 'ledger']],
  ];
  for (const [member, given, events] of narrowing)
    if (given.length > 0 && !events.includes(event))
      faults.push({
        member,
        message: `${event} is not narrowed by ${member}`,
        hint: `${events.join(', ')} may be`,
      });
  return faults;
}

function checkKind(event: BotEventName, kind: string): void {
  const known = KINDS[event];
  if (known !== undefined ? known.includes(kind) : KIND[event].test(kind)) return;
  const near = known === undefined ? [] : nearest(kind, known);
  const hints: Readonly<Record<BotEventName, string>> = {
    ledger: 'an event of the ledger, such as COMMIT',
    git: 'one of commit, tag, ref',
    workflow: 'one of failed, finished, waiting',
    schedule: 'a schedule has a cron line and no kinds',
    mesh: 'a message of the mesh, such as JOB_RESULT',
    github: "a webhook's event and action, such as issues.opened",
  };
  throw new BitError('usage', `${event} has no kind ${printable(shorten(kind))}`, {
    hint: near.length > 0 ? `did you mean: ${near.join(', ')}` : hints[event],
  });
}

const HOST = /^(?:\*|[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?)$/;

/**
 * A capability of a bot: one of a token, or `network:<host>[:port]`.
 *
 * @throws BitError `usage` naming it
 */
export function checkBotCapability(text: string): string {
  if (!text.startsWith('network:')) return checkCapability(text);
  const [, host = '', port, ...more] = text.split(':');
  const fits = port === undefined || (/^[1-9]\d{0,4}$/.test(port) && Number(port) <= 65_535);
  if (HOST.test(host) && fits && more.length === 0) return text;
  throw new BitError('usage', `'${printable(shorten(text))}' is no capability`, {
    hint: 'write network:HOST or network:HOST:PORT, such as network:api.github.com:443',
  });
}

const LANGUAGES: readonly (readonly [RegExp, ScriptLanguage])[] = [
  [/\.aln$/i, 'aln'],
  [/\.(?:bat|cmd)$/i, 'batch'],
  [/\.(?:lisp|lsp|cl|scm|ss)$/i, 'lisp'],
  [/\.bit$/i, 'bit'],
  [/\.(?:m?js|cjs)$/i, 'javascript'],
  [/\.(?:sh|bash)$/i, 'shell'],
];

/** By the file's ending. @throws BitError `usage` for one that no bot can be written in */
export function languageOf(path: string): ScriptLanguage {
  const found = LANGUAGES.find(([ending]) => ending.test(path));
  if (found !== undefined) return found[1];
  throw new BitError('usage', `${printable(shorten(path))} is in no language of bots`, {
    hint: '.aln, .bat, .cmd, .lisp, .scm, .bit, .js, .mjs, .cjs or .sh',
  });
}

const SEGMENT = /^(?!\.{1,2}$)[A-Za-z0-9_.][A-Za-z0-9_. -]{0,127}$/;

/** A path below a bot's folder. @throws BitError `usage` for one that leads elsewhere */
export function checkBotPath(path: string): string {
  const segments = path.split('/');
  if (path.length <= 300 && segments.length <= 8 && segments.every((one) => SEGMENT.test(one))) return path;
  throw new BitError('usage', `${printable(shorten(path))} is no file of a bot`, {
    hint: 'a plain name below .bithub/bots/<name>/, such as main.scm',
  });
}

const PACKAGE = /^(?:@[a-z0-9~-][a-z0-9._~-]{0,99}\/)?[a-z0-9~-][a-z0-9._~-]{0,199}$/;

/** @throws BitError `usage` */
export function parseHandler(text: string): BotHandler {
  const at = text.indexOf(':');
  const rest = text.slice(at + 1);
  switch (text.slice(0, at)) {
    case 'bundled':
      return { kind: 'bundled', bot: checkBotName(rest) };
    case 'plugin': {
      const hash = rest.lastIndexOf('#');
      const name = hash < 0 ? rest : rest.slice(0, hash);
      if (hash < 0 || !PACKAGE.test(name))
        throw new BitError('usage', `${printable(shorten(text))} names no bot of a plugin`, {
          hint: 'plugin:PACKAGE#NAME',
        });
      return { kind: 'plugin', package: name, bot: checkBotName(rest.slice(hash + 1)) };
    }
    case 'script':
      return { kind: 'script', path: checkBotPath(rest), language: languageOf(rest) };
    default:
      throw new BitError('usage', `${printable(shorten(text))} is no handler`, {
        hint: 'bundled:NAME, plugin:PACKAGE#NAME or script:FILE',
      });
  }
}

/** As a manifest writes it. */
export function handlerText(handler: BotHandler): string {
  if (handler.kind === 'bundled') return `bundled:${handler.bot}`;
  if (handler.kind === 'plugin') return `plugin:${handler.package}#${handler.bot}`;
  return `script:${handler.path}`;
}
