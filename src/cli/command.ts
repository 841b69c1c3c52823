/**
 * The two bases of every command, bundled or from a plugin.
 *
 * A {@link Query} receives a `Reader`, whose type has nothing that writes. An {@link action} returns an `Effect`
 * from a `Reader`; the base takes it through the gate and the ledger, and nothing else can run it. `execute` and
 * `effect` return data and print nothing; `render` prints for people; `--json` prints the data.
 */
import { Command, type Interfaces } from '@oclif/core';
import { BitError } from '../kernel/errors.ts';
import type { Json, JsonObject } from '../kernel/json.ts';
import { type Answer, deniedError, type Effect, type Performed, type Reader } from '../operation/index.ts';
import type { Context } from './context.ts';
import { actionFlags, GLOBAL_FLAGS, queryFlags } from './flags.ts';
import { host } from './host.ts';
import { type Io, wantsColour } from './io.ts';
import { KIND } from './kind.ts';
import { deliver, print, printJson } from './output.ts';
import { Page } from './page.ts';
import { asksForJson, reportFailure } from './report.ts';
import { openRun } from './run.ts';
import { readWords } from './words.ts';

type FlagsOf<C> = C extends { flags: infer F } ? Interfaces.InferredFlags<F> : Record<never, never>;
type ArgsOf<C> = C extends { args: infer A } ? Interfaces.InferredArgs<A> : Record<never, never>;

/** A command's own arguments and flags, typed from its statics; `rest` holds what a variadic command was given. */
export interface Input<C> {
  readonly args: ArgsOf<C>;
  readonly flags: FlagsOf<C>;
  readonly rest: readonly string[];
}

/** What `render` may ask beside the result. */
export interface Rendering {
  readonly now: Date;
  readonly terminal: boolean;
}

export abstract class BitCommand<Out extends object> extends Command {
  static override enableJsonFlag = false;
  /** Goes through a pager on a terminal. */
  static readonly paged: boolean = false;
  /** Takes everything after its name as it is (`bit git …`): only `bit`'s own flags before it are read. */
  static readonly passthrough: boolean = false;

  protected abstract perform(context: Context, input: Input<unknown>): Promise<Rendered>;

  override async run(): Promise<void> {
    const { io } = host();
    let json = asksForJson(this.argv);
    let context: Context | undefined;
    try {
      const { input, globals } = await this.read();
      json = globals.json === true || globals.jq !== undefined;
      const run = await openRun(io, globals, this.dotted());
      context = run.context;
      try {
        const result = await this.perform(run.context, input);
        run.end();
        if (json && result.streamed !== true) await printJson(io, result.out, globals.jq);
        else if (result.streamed !== true)
          await deliver(io, this.page(io, result.human), { paged: this.statics.paged, quiet: false });
        io.setExitCode(result.exit);
      } finally {
        run.end();
      }
    } catch (error) {
      if (!json) await print(io, 'stdout', this.lastWords());
      await reportFailure(io, error, json, this.dotted());
    }
    if (context !== undefined && context.outcomes.length > 0) {
      const { tellListeners } = await import('./plugin-listeners.ts');
      await tellListeners(context);
    }
  }

  /** What a program that reads the result is told where there is none. */
  protected lastWords(): string {
    return '';
  }

  /** Dotted id: `branch.new`. */
  protected dotted(): string {
    return (this.id ?? '').replaceAll(':', '.');
  }

  protected get statics(): typeof BitCommand<Out> {
    return this.constructor as typeof BitCommand<Out>;
  }

  private async read(): Promise<{ input: Input<unknown>; globals: Globals }> {
    const { statics } = this;
    const end = this.argv.indexOf('--');
    // `bit -C dir git status` arrives as `-C dir -- status`
    const own = statics.passthrough ? this.argv.slice(0, Math.max(0, end)) : this.argv;
    const rest = statics.passthrough ? this.argv.slice(end + 1) : undefined;
    const { flags: declared, baseFlags, strict } = statics;
    const parsed = await readWords(
      this.dotted(),
      rest === undefined ? statics.args : {},
      own,
      (args, words) =>
        this.parse({ args, flags: declared, baseFlags, strict } as never, [...words]).catch(
          (error: unknown) => {
            throw misread(error);
          },
        ),
    );
    const flags = parsed.flags as Globals;
    return {
      input: {
        args: parsed.args,
        flags,
        rest: rest ?? (parsed.argv as string[]),
      } as unknown as Input<unknown>,
      globals: flags,
    };
  }

  private page(io: Io, human: (page: Page) => void): Page {
    const page = new Page({ colour: wantsColour(io, 'stdout'), width: io.width });
    human(page);
    return page;
  }
}

/** What oclif says of an argument's value is a plain Error; of a flag's it is one of its own. */
function misread(error: unknown): unknown {
  if (!(error instanceof Error) || error.constructor !== Error || 'oclif' in error) return error;
  return new BitError('usage', error.message, { cause: error, hint: 'see the arguments with --help' });
}

/** Values of the global flags. */
export interface Globals {
  readonly json?: boolean;
  readonly jq?: string | undefined;
  readonly directory?: string | undefined;
  readonly 'no-input'?: boolean;
  readonly quiet?: boolean;
  readonly 'show-git'?: boolean;
  readonly 'dry-run'?: boolean;
  readonly yes?: boolean;
}

/** A command that only reads. */
export abstract class Query<Out extends object> extends BitCommand<Out> {
  static readonly [KIND] = 'query';
  static override baseFlags = queryFlags as Interfaces.FlagInput;

  /** Reads and returns; prints nothing. */
  protected abstract execute(reader: Reader, input: Input<unknown>): Promise<Out>;
  /** Prints the result for people. */
  protected abstract render(out: Out, page: Page, rendering: Rendering): void;
  /** Its result left by {@link Reader.streams} while it ran: nothing is printed at its end. */
  protected streamed(_out: Out): boolean {
    return false;
  }
  /** Exit status of a good answer; a check that found something says 1. */
  protected exitCode(_out: Out): number {
    return 0;
  }

  protected override async perform(context: Context, input: Input<unknown>) {
    const args = namedArgs(input);
    await context.keepInside(this.dotted(), this.argv, args);
    await context.gateRead(this.dotted(), args);
    const out = await this.execute(context.reader, input);
    return {
      out: out as unknown as Json,
      human: (page: Page) =>
        this.render(out, page, { now: context.reader.now(), terminal: context.terminal }),
      exit: this.exitCode(out),
      streamed: this.streamed(out),
    };
  }
}

export interface ActionMeta {
  /** What policies see, `repo.commit`. */
  readonly action: string;
  /** What the ledger records, `COMMIT`. */
  readonly event: string;
}

/** Base of a command that changes something; {@link action} makes one that knows its gate and its event. */
export abstract class Action<Out extends object> extends BitCommand<Out> {
  static readonly [KIND] = 'action';
  static override baseFlags = actionFlags as Interfaces.FlagInput;
  static readonly action: string;
  static readonly event: string;
  /** Gate and ledger are opened while git answers; false where most often nothing is left to do for them. */
  static readonly ahead: boolean = true;

  /**
   * Reads what there is and returns what would be done; changes nothing itself. Where these arguments only ask
   * for something (`--preview`, `git log`), an {@link Answer}: gated as a query, and never recorded.
   */
  protected abstract effect(reader: Reader, input: Input<unknown>): Promise<Effect<Out> | Answer<Out>>;
  /** Prints the result for people. */
  protected abstract render(out: Out, page: Page, rendering: Rendering): void;
  protected exitCode(_out: Out): number {
    return 0;
  }

  protected override async perform(context: Context, input: Input<unknown>) {
    await context.keepInside(this.dotted(), this.argv, namedArgs(input));
    const { ahead } = this.constructor as typeof Action;
    const ready = ahead ? setImmediate(() => context.prepare()) : undefined;
    const effect = await this.effect(context.reader, input).finally(() => clearImmediate(ready));
    if ('answer' in effect) return this.answered(context, input, effect);
    const { action: name, event } = this.constructor as unknown as ActionMeta;
    const request = { action: name, event, command: this.dotted(), args: namedArgs(input) };
    const performed = await context.perform(request, effect);
    const { done } = performed;
    if (done === undefined) return dryRunResult(performed);
    return {
      ...this.rendered(context, done.out),
      out: { ...done.out, operation: { id: done.operation, entry: done.entry } } as unknown as Json,
    };
  }

  private async answered(context: Context, input: Input<unknown>, { reads, answer }: Answer<Out>) {
    const { action: name } = this.constructor as unknown as ActionMeta;
    await context.gateRead(reads ?? this.dotted(), namedArgs(input), name);
    return this.rendered(context, await answer(context.globals['dry-run'] === true));
  }

  private rendered(context: Context, out: Out): Rendered {
    return {
      out: out as unknown as Json,
      human: (page) => this.render(out, page, { now: context.reader.now(), terminal: context.terminal }),
      exit: this.exitCode(out),
    };
  }
}

/** Base of a command that changes something: gated before, recorded before and after. */
export function action(meta: ActionMeta): typeof Action {
  abstract class Declared<Out extends object> extends Action<Out> {
    static override readonly action = meta.action;
    static override readonly event = meta.event;
  }
  return Declared;
}

/** A command's result in each of its forms. */
export interface Rendered {
  readonly out: Json;
  readonly human: (page: Page) => void;
  readonly exit: number;
  /** It was printed already, as it came. */
  readonly streamed?: boolean;
}

function dryRunResult(performed: Performed<object>): Rendered {
  const { decision, action: name, event, summary, plan } = performed;
  const denied = decision.allowed ? undefined : deniedError(name, decision);
  return {
    out: {
      dry_run: true,
      action: name,
      event,
      summary,
      plan,
      decision: decision.explain() as unknown as JsonObject,
    },
    human: (page) => {
      page.line(`Would ${summary}:`);
      for (const step of plan) page.line(`  ${page.safe(step)}`);
      page.line(
        denied === undefined
          ? page.style.green(`policy allows ${name}`)
          : page.style.red(page.safe(denied.message)),
      );
      page.line('Nothing was changed.');
    },
    exit: denied?.exitCode ?? 0,
  };
}

/** Arguments and own flags by name, as policies and the ledger see them. */
function namedArgs(input: Input<unknown>): JsonObject {
  const named: Record<string, Json> = {};
  const members = { ...(input.args as object), ...(input.flags as object) };
  for (const [name, value] of Object.entries(members)) {
    if (!GLOBAL_FLAGS.has(name) && value !== undefined) named[name] = value as Json;
  }
  if (Object.keys(input.args).length < input.rest.length) named['rest'] = input.rest;
  return named;
}
