/** Scripts of bots in the small languages. */
import type { BotContext } from '../bots/handler.ts';
import { lispPrelude, scriptVariables } from '../bots/script-variables.ts';
import type { BotTask } from '../bots/task.ts';
import { BitError } from '../kernel/errors.ts';
import { type BatchHost, datumOf, datumText, evaluate, runAln, runBatch } from '../lang/index.ts';
import { parseScript } from '../script/index.ts';

type Script = Extract<BotTask['handler'], { readonly kind: 'script' }>;

/** Steps of the Lisp machine, and commands of a batch program, an event comes to at most. */
const FUEL = { lisp: 200_000_000, batch: 200_000 };

/** @throws BitError `failed` naming where it stopped */
export async function runBotScript(task: BotTask, script: Script, context: BotContext): Promise<void> {
  switch (script.language) {
    case 'aln':
      return aln(task, script, context);
    case 'bit':
      return lines(task, script, context);
    case 'lisp':
      return lisp(task, script, context);
    case 'batch':
      return batch(task, script, context);
    default:
      throw new Error(`${script.language} is not run here`);
  }
}

async function bit(context: BotContext, words: readonly string[]) {
  const answer = await context.bit(words);
  for (const text of [answer.stdout, answer.stderr])
    for (const line of text.split('\n')) if (line !== '') context.log(line);
  return answer;
}

async function aln(task: BotTask, { path, text }: Script, context: BotContext): Promise<void> {
  const end = await runAln(
    { text, variables: scriptVariables(task.bot, task.event), signal: context.signal },
    { bit: async (words) => (await bit(context, words)).status },
  );
  if (end.ended === 'stopped') throw stopped(path, end.line, end.message);
  if (end.ended === 'unread') throw new BitError('usage', `${path} has errors: see bit parse aln`);
}

/** Every line in order, to the first that fails. */
async function lines(task: BotTask, { path, text }: Script, context: BotContext): Promise<void> {
  for (const { line, words } of parseScript(path, text, scriptVariables(task.bot, task.event))) {
    const { status } = await bit(context, words);
    if (status !== 0) throw stopped(path, line, `${words[0] ?? ''} ended with ${status}`);
  }
}

async function lisp(task: BotTask, { path, text }: Script, context: BotContext): Promise<void> {
  let partial = '';
  const print = (given: string): void => {
    const parts = (partial + given).split('\n');
    partial = parts.pop() ?? '';
    for (const line of parts) context.log(line);
  };
  const given = { facts: task.event.facts, settings: task.settings };
  const defined = Object.entries(given).map(([name, value]) => `(define ${name} '${datumText(value)})`);
  // on the script's own first line: what it is told of its lines holds
  const prelude = lispPrelude(scriptVariables(task.bot, task.event)).replaceAll('\n', ' ');
  const end = await evaluate(
    `${prelude} ${defined.join(' ')} ${text}`,
    {
      write: print,
      async bit(words) {
        const { status, stdout, stderr } = await context.bit(words);
        return datumOf({ status, stdout, stderr });
      },
    },
    { fuel: FUEL.lisp, signal: context.signal },
  );
  if (partial !== '') context.log(partial);
  if (end.ended === 'unread') throw new BitError('usage', `${path} has errors: see bit parse lisp`);
  if (end.ended === 'exit' && end.status !== 0) throw new BitError('failed', `${path}: exit ${end.status}`);
  if (end.ended === 'error' || end.ended === 'stopped') throw stopped(path, end.line, end.message);
}

async function batch(task: BotTask, { path, text }: Script, context: BotContext): Promise<void> {
  let partial = '';
  const host: BatchHost = {
    write(_stream, given) {
      const parts = (partial + given).split(/\r?\n/);
      partial = parts.pop() ?? '';
      for (const line of parts) context.log(line);
    },
    async run(words, input, write) {
      if (!/^bit(?:\.exe|\.cmd)?$/i.test(words[0] ?? '')) return undefined;
      const answer = await context.bit(words.slice(1), input === '' ? {} : { input });
      write('stdout', answer.stdout);
      write('stderr', answer.stderr);
      return answer.status;
    },
  };
  const end = await runBatch(
    {
      text,
      name: path,
      args: [],
      variables: scriptVariables(task.bot, task.event),
      fuel: FUEL.batch,
      signal: context.signal,
    },
    host,
  );
  if (partial !== '') context.log(partial);
  if (end.ended === 'unread') throw new BitError('usage', `${path} has errors: see bit parse batch`);
  if (end.ended === 'stopped') throw stopped(path, end.line, end.message);
  if (end.status !== 0) throw new BitError('failed', `${path} ended with ${end.status}`);
}

function stopped(path: string, line: number, message: string): BitError {
  return new BitError('failed', `${path}:${line}: ${message}`, { details: { line } });
}
