import { type FormReader, Tally, wordedCounts } from './counts.ts';

/** A form whose lines are looked at one by one, with a tally. */
function form(
  name: string,
  read: (text: string, tally: Tally) => void,
  close?: (tally: Tally) => void,
): FormReader {
  const tally = new Tally(name);
  return {
    form: name,
    line: (text) => read(text, tally),
    counts: () => {
      close?.(tally);
      return tally.counts();
    },
  };
}

/** `Tests:       2 failed, 1 skipped, 1 passed, 4 total`. */
export function jest(): FormReader {
  return form('jest', (text, tally) => {
    const found = /^Tests:\s{1,20}(.{1,200}), \d{1,9} total$/.exec(text)?.[1];
    const counts = found === undefined ? undefined : wordedCounts(found);
    if (counts !== undefined) {
      tally.seen = true;
      tally.passed += counts.get('passed') ?? 0;
      tally.failed += counts.get('failed') ?? 0;
      tally.skipped += (counts.get('skipped') ?? 0) + (counts.get('todo') ?? 0);
    } else if (/^Tests:\s{1,20}0 total$/.test(text)) tally.seen = true;
    const failure = /^ {2}● (.{1,500})$/.exec(text)?.[1];
    if (failure !== undefined && !/^(?:Console|Cannot log|Test suite failed)/.test(failure))
      tally.name(failure);
  });
}

/** `      Tests  2 failed | 1 passed | 1 skipped (4)`. */
export function vitest(): FormReader {
  return form('vitest', (text, tally) => {
    const found = /^\s{1,20}Tests {2}(.{1,200}?)\s*(?:\(\d{1,9}\))?$/.exec(text)?.[1];
    const counts = found === undefined ? undefined : wordedCounts(found);
    if (counts !== undefined) {
      tally.seen = true;
      tally.passed += counts.get('passed') ?? 0;
      tally.failed += counts.get('failed') ?? 0;
      tally.skipped += (counts.get('skipped') ?? 0) + (counts.get('todo') ?? 0);
    }
    const failure = /^ FAIL {2}(.{1,500})$/.exec(text)?.[1];
    if (failure?.includes(' > ') === true) tally.name(failure);
  });
}

/** `  1 passing (3ms)`, `  2 pending`, `  1 failing`, then `  1) group` and `       bad:` for each that failed. */
export function mocha(): FormReader {
  let failing = false;
  let name: string[] | undefined;
  return form('mocha', (text, tally) => {
    const [, figure, word] = /^ {2}(\d{1,9}) (passing|pending|failing)(?: \(.{1,20}\))?$/.exec(text) ?? [];
    if (figure !== undefined) {
      if (word === 'passing') tally.passed += Number(figure);
      else if (word === 'pending') tally.skipped += Number(figure);
      else tally.failed += Number(figure);
      tally.seen ||= word === 'passing';
      failing = word === 'failing';
      return;
    }
    if (!failing) return;
    const first = /^ {2}\d{1,6}\) (.{1,500})$/.exec(text)?.[1];
    if (first !== undefined) name = [];
    const part = first ?? (name === undefined ? undefined : /^ {4,40}(\S.{0,500})$/.exec(text)?.[1]);
    if (name === undefined || part === undefined) return;
    name.push(part.replace(/:$/, ''));
    if (!part.endsWith(':') && name.length < 20) return;
    tally.name(name.join(' '));
    name = undefined;
  });
}

/** `  Total:     2`, `  Passed:    1`, `  Skipped:   1`; a total doesn't count what was skipped. */
export function uvu(): FormReader {
  let total: number | undefined;
  return form('uvu', (text, tally) => {
    const [, word, figure] = /^ {2}(Total|Passed|Skipped): {3,6}(\d{1,9})$/.exec(text) ?? [];
    if (word === 'Total') total = Number(figure);
    else if (word === 'Passed' && total !== undefined) {
      tally.seen = true;
      tally.passed += Number(figure);
      tally.failed += Math.max(0, total - Number(figure));
      total = undefined;
    } else if (word === 'Skipped') tally.skipped += Number(figure);
    const [, group, name] = /^ {3}FAIL {2}(.{0,200}?)\s{0,10}"(.{1,300})"$/.exec(text) ?? [];
    if (name !== undefined) tally.name(group === '' ? name : `${group} ${name}`);
  });
}

/** node:test's `spec`: `ℹ tests 5`, `ℹ pass 1`, …, and what failed after `✖ failing tests:`. */
export function nodeSpec(): FormReader {
  let failing = false;
  return form('node:test', (text, tally) => {
    const [, word, figure] = /^ℹ (tests|pass|fail|cancelled|skipped|todo) (\d{1,9})$/.exec(text) ?? [];
    if (word !== undefined) {
      tally.seen = true;
      failing = false;
      if (word === 'pass') tally.passed += Number(figure);
      else if (word === 'fail' || word === 'cancelled') tally.failed += Number(figure);
      else if (word === 'skipped' || word === 'todo') tally.skipped += Number(figure);
    } else if (text === '✖ failing tests:') failing = true;
    else if (failing) {
      const name = /^✖ (.{1,500}) \([\d.]{1,20}ms\)$/.exec(text)?.[1];
      if (name !== undefined) tally.name(name);
    }
  });
}

/** `==== 1 failed, 1 passed, 1 skipped, 1 error in 2.52s ====`, with or without the rules. */
export function pytest(): FormReader {
  return form('pytest', (text, tally) => {
    const found = /^(?:=+ )?(\d.{1,200}?|no tests ran) in [\d.]+s(?: \([\d:]+\))?(?: =+)?$/.exec(text)?.[1];
    if (found === 'no tests ran') tally.seen = true;
    const counts = found === undefined ? undefined : wordedCounts(found);
    if (counts !== undefined) {
      tally.seen = true;
      const of = (...words: readonly string[]) =>
        words.reduce((sum, word) => sum + (counts.get(word) ?? 0), 0);
      tally.passed += of('passed', 'xpassed');
      tally.failed += of('failed', 'error', 'errors');
      tally.skipped += of('skipped', 'xfailed', 'deselected');
    }
    const failure = /^(?:FAILED|ERROR) (\S{1,500}?::\S.{0,300}?)(?: - .*)?$/.exec(text)?.[1];
    if (failure !== undefined) tally.name(failure);
  });
}

/** `test result: FAILED. 1 passed; 1 failed; 1 ignored; …` of each crate; `test tests::bad ... FAILED`. */
export function cargo(): FormReader {
  return form('cargo', (text, tally) => {
    const found = /^test result: \S{1,10} (\d{1,9}) passed; (\d{1,9}) failed; (\d{1,9}) ignored;/.exec(text);
    if (found !== null) {
      tally.seen = true;
      tally.passed += Number(found[1]);
      tally.failed += Number(found[2]);
      tally.skipped += Number(found[3]);
    }
    const failure = /^test (.{1,500}) \.\.\. FAILED$/.exec(text)?.[1];
    if (failure !== undefined) tally.name(failure);
  });
}

/**
 * `--- FAIL: TestSub/two (0.00s)`; a test that has others inside counts by those. Without `-v` only what failed is told
 * one by one, and packages count instead.
 */
export function go(): FormReader {
  const results = new Map<string, 'PASS' | 'FAIL' | 'SKIP'>();
  const parents = new Set<string>();
  const packages = { good: 0, bad: [] as string[] };
  let verbose = false;
  let open: string[] = [];
  const settle = (at: string): void => {
    for (const name of open) {
      const result = results.get(name);
      results.delete(name);
      if (result !== undefined) results.set(`${at} ${name}`, result);
      if (parents.delete(name)) parents.add(`${at} ${name}`);
    }
    open = [];
  };
  return form(
    'go test',
    (text) => {
      if (text.startsWith('=== RUN ')) verbose = true;
      const [, result, name] = /^\s{0,64}--- (PASS|FAIL|SKIP): (\S{1,500}) \(/.exec(text) ?? [];
      if (name !== undefined) {
        results.set(name, result as 'PASS' | 'FAIL' | 'SKIP');
        open.push(name);
        for (let slash = name.lastIndexOf('/'); slash > 0; slash = name.lastIndexOf('/', slash - 1))
          parents.add(name.slice(0, slash));
      }
      const [, word, path] = /^(ok {2}|FAIL)\t(\S{1,500})(?:[\t ]|$)/.exec(text) ?? [];
      if (path === undefined) return;
      if (open.length === 0 && word === 'FAIL') results.set(path, 'FAIL');
      settle(path);
      if (word === 'FAIL') packages.bad.push(path);
      else packages.good++;
    },
    (tally) => {
      settle('');
      const leaves = [...results].filter(([name]) => !parents.has(name));
      tally.seen = leaves.length > 0 || packages.good + packages.bad.length > 0;
      const count = (wanted: string) => leaves.filter(([, result]) => result === wanted).length;
      tally.passed = verbose ? count('PASS') : packages.good;
      tally.failed = count('FAIL');
      tally.skipped = count('SKIP');
      for (const [name, result] of leaves) if (result === 'FAIL') tally.name(name.trim());
    },
  );
}
