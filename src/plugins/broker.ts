import { BitError } from '../kernel/errors.ts';
import type { JsonObject } from '../kernel/json.ts';
import { printable, shorten } from '../kernel/text.ts';
import type { ActionRequest, Effect, Performed, Reader, Writer } from '../operation/index.ts';
import { refusal } from './capabilities.ts';
import type { Channel } from './channel.ts';
import { readDeclaredEffect } from './declared-effect.ts';
import { READS, WRITES, writeGit } from './git-calls.ts';
import { json, object, text, texts } from './shapes.ts';

export interface BrokerOptions {
  /** For messages: `the plugin greet`. */
  readonly name: string;
  /** Dotted command that runs. */
  readonly command: string;
  readonly kind: 'query' | 'action' | 'listener';
  readonly capabilities: readonly string[];
  readonly reader: Reader;
  readonly gateRead: (command: string, args: JsonObject) => Promise<void>;
  /** Takes an effect through gate and ledger; whether it is a dry run, or confirmed, is the command line's to say. */
  readonly perform: <Out extends object>(
    request: ActionRequest,
    effect: Effect<Out>,
  ) => Promise<Performed<Out>>;
}

/** Answers the calls of a child, each checked against what the plugin was granted when it was installed. */
export function openBroker(options: BrokerOptions) {
  const { reader } = options;
  const granted = new Set(options.capabilities);
  let gate: Promise<void> | undefined;
  let running: { readonly writer: Writer; readonly touches: Parameters<typeof writeGit>[1] } | undefined;
  let performed = false;

  const need = (capability: string): void => {
    if (!granted.has(capability)) throw refusal(options.name, capability);
  };

  const perform = async (given: readonly unknown[], child: Channel): Promise<unknown> => {
    if (options.kind !== 'action') throw new BitError('denied', `${options.command} is not an action`);
    if (performed) throw new BitError('denied', 'a command performs one action');
    performed = true;
    const { request, touches, ...declared } = readDeclaredEffect(options.command, given);
    need(`action:${request.action}`);
    const effect: Effect<JsonObject> = {
      ...declared,
      touches,
      async run(writer) {
        running = { writer, touches };
        try {
          return object(await child.call('run', writer.operation), 'result');
        } finally {
          running = undefined;
        }
      },
      record: (out) => (JSON.stringify(out).length <= 4096 ? out : {}),
    };
    return options.perform(request, effect);
  };

  const git = async (method: string, given: readonly unknown[]): Promise<unknown> => {
    if (WRITES.has(method)) {
      need('git.write');
      if (running === undefined)
        throw new BitError('denied', `git.${method}: no action of ${options.name} is running`);
      return writeGit(running.writer.git, running.touches, method, given);
    }
    const read = Object.hasOwn(READS, method) ? READS[method] : undefined;
    if (read === undefined) {
      throw new BitError(
        'denied',
        `git.${printable(shorten(method))} is not for a plugin that is not trusted`,
        {
          hint: `it may use: ${[...Object.keys(READS), ...WRITES].join(', ')}`,
        },
      );
    }
    need('git.read');
    if (options.kind === 'query') {
      gate ??= options.gateRead(options.command, {});
      await gate;
    }
    return read(reader.git, given);
  };

  const ask = (method: string, given: readonly unknown[]): Promise<unknown> => {
    need('ask');
    const question = `${options.name} asks: ${printable(text(given[0], 'question', 500))}`;
    if (method === 'confirm') return reader.ask.confirm(question);
    if (method === 'choose')
      return reader.ask.choose(
        question,
        texts(given[1], 'choices', 200).map((choice) => printable(choice)),
      );
    if (method === 'text') return reader.ask.text(question);
    throw new BitError('denied', `ask.${printable(shorten(method))} is not for a plugin`);
  };

  return async (method: string, given: readonly unknown[], child: Channel): Promise<unknown> => {
    const [subject = '', verb = ''] = method.split('.', 2);
    if (subject === 'git') return git(verb, given);
    if (subject === 'ask') return ask(verb, given);
    if (method === 'notice') return reader.notice(printable(shorten(text(given[0], 'notice', 10_000), 500)));
    if (method === 'gateRead')
      return options.gateRead(options.command, object(json(given[0] ?? {}, 'args'), 'args'));
    if (method === 'perform') return perform(given, child);
    throw new BitError('denied', `${printable(shorten(method))} is not for a plugin that is not trusted`, {
      details: { call: shorten(method) },
    });
  };
}
