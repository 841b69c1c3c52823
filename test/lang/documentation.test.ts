/** The examples of docs/lang, each run, and held against what the page says it prints. */
import { readFileSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { evaluate, runAln, runBatch } from '../../src/lang/index.ts';
import { suite } from '../suite.ts';

/** What `bit` says here: on main with two changes, and a pull that fails. */
function bit(words: readonly string[]): {
  status: number;
  output: string;
  error: string;
  json: { branch: string; changes: number };
} {
  const json = { branch: 'main', changes: 2 };
  if (words[0] === 'status') return { status: 0, output: 'main 2\n', error: '', json };
  return { status: 3, output: '', error: 'no such remote\n', json };
}

const RUN: Readonly<Record<string, (text: string) => Promise<string>>> = {
  scheme: async (text) => {
    let printed = '';
    const host = {
      write: (said: string) => {
        printed += said;
      },
      call: async (words: readonly string[]) => bit(words),
    };
    const { ended } = await evaluate(text, host, { fuel: 10_000 });
    return ended === 'value' ? printed : `${printed}${ended}`;
  },
  aln: async (text) => {
    const asked: string[] = [];
    const ended = await runAln(
      { text, variables: {} },
      {
        bit: async (words) => {
          asked.push(`bit ${words.join(' ')}`);
          return bit(words);
        },
      },
    );
    return [...asked, ended.ended === 'stopped' ? `${ended.line}: ${ended.message}` : ended.ended].join('\n');
  },
  bat: async (text) => {
    let printed = '';
    await runBatch(
      { text, name: 'x.bat', args: [], fuel: 1000 },
      {
        write: (_, said) => {
          printed += said;
        },
        run: async ([, ...words], _, write) => {
          const { status, output } = bit(words);
          write('stdout', output);
          return status;
        },
      },
    );
    return printed;
  },
};

suite('docs/lang', (test) => {
  for (const page of ['aln', 'lisp', 'batch']) {
    test(`${page}.md: each example prints what stands below it`, async () => {
      const text = readFileSync(new URL(`../../docs/lang/${page}.md`, import.meta.url), 'utf8');
      const examples = [...text.matchAll(/```(scheme|aln|bat)\n([\s\S]*?)```\n\n```text\n([\s\S]*?)```/g)];
      assert.ok(examples.length > 0);
      for (const [, language = '', program = '', printed = ''] of examples)
        assert.is((await RUN[language]?.(program))?.trim(), printed.trim());
    });
  }
});
