/**
 * Fixers of plugins: they read a failure and a tree over {@link Tool}, and what they find is read anew as hostile. That
 * a candidate is any good is found by trying it, as with those that come with `bit`.
 */
import { BitError } from '../../kernel/errors.ts';
import { isJsonObject, type JsonObject } from '../../kernel/json.ts';
import { printable, shorten } from '../../kernel/text.ts';
import type { Bench, Change, Evidence, FailedStep, Finding, Fixer, PastStep } from '../../mending/index.ts';
import { refusal } from '../capabilities.ts';
import { optional, text, texts, whole } from '../shapes.ts';
import { checkItems, described, type Invocation, type PointKind } from './point.ts';

const MOST_FINDINGS = 20;
const MOST_CHANGES = 200;
const MOST_CHANGE = 4 * 1024 * 1024;

export const fixerPoint: PointKind<Fixer> = {
  what: 'fixer',
  check: (value, where) =>
    checkItems<Fixer>(value, {
      where,
      point: 'fixers',
      what: 'fixer',
      texts: ['title'],
      functions: ['detect'],
    }),
  describe: ({ name, title }) => described(name, title, {}),
  async invoke(fixer, _method, [failure, past], { tool }) {
    const failed = failure as FailedStep;
    const bytes = (value: unknown): Buffer => Buffer.from(value as Uint8Array);
    const bench: Bench = {
      async read(path) {
        const read = await tool('read', path);
        return read === undefined || read === null ? undefined : bytes(read);
      },
      mode: async (path) => ((await tool('mode', path)) ?? undefined) as Awaited<ReturnType<Bench['mode']>>,
      list: async (globs) => (await tool('list', globs)) as readonly string[],
      moves: async () => (await tool('moves')) as Awaited<ReturnType<Bench['moves']>>,
      // asked for at once: of any other step it knows nothing
      history: (workflow, job, step) =>
        workflow === failed.workflow.path && job === failed.job && step === failed.step
          ? (past as readonly PastStep[])
          : [],
      async tool(words, options = {}) {
        const { status, output, changes } = (await tool('tool', words, options)) as {
          status: number;
          output: string;
          changes: readonly { path: string; content: unknown; mode?: '100644' | '100755' }[];
        };
        const restored = changes.map((change) => ({
          ...change,
          content: change.content === null ? null : bytes(change.content),
        }));
        return { status, output, changes: restored };
      },
    };
    return fixer.detect(failed, bench);
  },
};

/** Answers what a fixer asks of its bench. */
export function answerFixer(
  bench: Bench,
  at: { readonly who: string; readonly may: (capability: string) => boolean },
): Invocation['tool'] {
  const need = (capability: string): void => {
    if (!at.may(capability)) throw refusal(at.who, capability);
  };
  return async (method, first, second) => {
    if (method !== 'tool') need('tree:read');
    if (method === 'moves') return bench.moves();
    if (method === 'read') return bench.read(text(first, 'path', 4096));
    if (method === 'mode') return bench.mode(text(first, 'path', 4096));
    if (method === 'list') return bench.list(texts(first, 'globs', 100));
    if (method === 'tool') {
      need('exec');
      const { network, seconds } = isJsonObject(second) ? second : ({} as JsonObject);
      // a program's network knows no hosts: it is not for one who was granted single ones
      if (network === true) throw refusal(at.who, 'a program with the whole network');
      const most = optional(seconds, (value) => whole(value, 'seconds', 600));
      return bench.tool(texts(first, 'words', 1000), most === undefined ? {} : { seconds: most });
    }
    throw new BitError('denied', `${printable(shorten(method))} is not for a fixer`);
  };
}

/** @throws BitError `usage` naming the member of a finding that is none */
export function readFindings(value: unknown, fixer: string): readonly Finding[] {
  if (!Array.isArray(value) || value.length > MOST_FINDINGS)
    throw new BitError('usage', `${fixer}: expected a list of at most ${MOST_FINDINGS} findings`);
  return (value as unknown[]).map((item) => {
    if (!isJsonObject(item)) throw new BitError('usage', `${fixer}: a finding is an object`);
    const { cause, evidence, confidence, changes, advice } = item;
    if (typeof confidence !== 'number' || !(confidence >= 0 && confidence <= 1))
      throw new BitError('usage', `${fixer}: confidence is a number from 0 to 1`);
    return {
      fixer,
      cause: printable(shorten(text(cause, `${fixer}: cause`), 500)),
      evidence: list(evidence, `${fixer}: evidence`, 50).map((one) => readEvidence(one, fixer)),
      confidence,
      changes:
        changes === null || changes === undefined
          ? null
          : list(changes, `${fixer}: changes`, MOST_CHANGES).map((one) => readChange(one, fixer)),
      advice: optional(advice, (given) => printable(shorten(text(given, `${fixer}: advice`), 1000))) ?? null,
    };
  });
}

function list(value: unknown, what: string, most: number): readonly unknown[] {
  if (Array.isArray(value) && value.length <= most) return value as unknown[];
  throw new BitError('usage', `${what}: expected a list of at most ${most}`);
}

function readEvidence(value: unknown, fixer: string): Evidence {
  if (!isJsonObject(value)) throw new BitError('usage', `${fixer}: evidence is a list of objects`);
  const file = optional(value['file'], (given) => printable(text(given, `${fixer}: evidence.file`, 4096)));
  const line = optional(value['line'], (given) => whole(given, `${fixer}: evidence.line`, 1e9));
  return {
    text: printable(shorten(text(value['text'], `${fixer}: evidence.text`), 500)),
    ...(file === undefined ? {} : { file }),
    ...(line === undefined ? {} : { line }),
  };
}

function readChange(value: unknown, fixer: string): Change {
  if (!isJsonObject(value)) throw new BitError('usage', `${fixer}: changes is a list of objects`);
  const path = text(value['path'], `${fixer}: change.path`, 4096);
  const content: unknown = value['content'];
  const { mode } = value;
  if (mode !== undefined && mode !== '100644' && mode !== '100755')
    throw new BitError('usage', `${fixer}: change.mode is 100644 or 100755`);
  if (content !== null && !(content instanceof Uint8Array))
    throw new BitError('usage', `${fixer}: change.content is bytes or null`);
  if (content !== null && content.length > MOST_CHANGE)
    throw new BitError('usage', `${fixer}: a change of more than 4 MB`);
  return {
    path,
    content: content === null ? null : Buffer.from(content),
    ...(mode === undefined ? {} : { mode }),
  };
}
