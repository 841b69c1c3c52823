/**
 * Parsing: MB of text a second, each language on a program of its own kind; that 100 MB take ten times what 10 MB take;
 * and what the tree of 100 MB holds. Beside it, one pass over the same characters: the least any parser does.
 */
import { parseAln } from '../src/lang/aln/index.ts';
import { parseBatch } from '../src/lang/batch/index.ts';
import { readLisp } from '../src/lang/lisp/index.ts';
import type { Tree } from '../src/lang/tree.ts';
import { median, type Row } from './row.ts';

const MB = 1_000_000;
const ROUNDS = 5;

const ALN = `# nightly
[RUN check]
bit.branch.list --all 'a b' "\${WHO}" # why
KEY_NAME: a value of some words
IF \${BRANCH} == main AND NOT DEFINED SKIP
  bit.pull \${BRANCH} origin
ELSE
  STOP "no branch for it"
END
`;
const SCHEME = `;; the sum of a list
(define (sum items)
  (let loop ((rest items) (total 0)) ; by hand
    (if (null? rest) total
        (loop (cdr rest) (+ total (car rest) 1/2 #\\a "text\\n")))))
`;
const COMMON_LISP = `;;; a table
(defun lookup (key table &key (test #'eql) default)
  "Finds KEY in TABLE."
  #+sbcl (declare (optimize speed))
  (let ((found (assoc key table :test test)))
    (if found (values (cdr found) t) \`(,default . ,@nil))))
`;
const BATCH = `@echo off\r
setlocal enabledelayedexpansion\r
if not exist "%~dp0build\\out.txt" (\r
  for /f "tokens=1,2* delims=," %%a in (list.csv) do (\r
    echo %%~na !count! ^& "%%b" > nul 2>&1\r
    set /a count+=1\r
  )\r
) else call :sub %1 "b c" && goto next\r
:next\r
rem what follows\r
`;

interface Subject {
  readonly name: string;
  readonly sample: string;
  readonly parse: (text: string) => {
    readonly tree: Tree;
    readonly diagnostics: { readonly errors: number };
  };
}

const SUBJECTS: readonly Subject[] = [
  { name: 'ALN', sample: ALN, parse: parseAln },
  { name: 'Scheme', sample: SCHEME, parse: (text) => readLisp(text, 'scheme') },
  { name: 'Common Lisp', sample: COMMON_LISP, parse: (text) => readLisp(text, 'common-lisp') },
  { name: 'batch', sample: BATCH, parse: parseBatch },
];

/** One text of this size, flat in memory. */
function long(sample: string, size: number): string {
  return Buffer.from(sample.repeat(Math.ceil(size / sample.length))).toString('latin1');
}

function seconds(work: () => unknown): number {
  const { user, system } = process.cpuUsage();
  work();
  const after = process.cpuUsage();
  return (after.user + after.system - user - system) / 1e6;
}

function pass(text: string): number {
  let sum = 0;
  for (let at = 0; at < text.length; at++) sum += text.charCodeAt(at) === 10 ? 1 : 0;
  return sum;
}

function rows({ name, sample, parse }: Subject): Row[] {
  const short = long(sample, 10 * MB);
  const check = parse(long(sample, MB));
  if (check.diagnostics.errors > 0) throw new Error(`the sample of ${name} has a fault`);
  const times: number[] = [];
  const passes: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    times.push(seconds(() => parse(short)));
    passes.push(seconds(() => pass(short)));
  }
  const time = median(times);
  const text = long(sample, 100 * MB);
  const before = process.memoryUsage().arrayBuffers;
  let nodes = 0;
  let held = 0;
  const whole = seconds(() => {
    const { tree } = parse(text);
    nodes = tree.length;
    held = process.memoryUsage().arrayBuffers - before;
  });
  return [
    {
      name: `parse ${name}`,
      value: short.length / MB / time,
      unit: 'MB/s',
      goal: '≥ 30',
      peer: `one pass over the characters: ${(short.length / MB / median(passes)).toFixed(0)} MB/s`,
    },
    {
      name: `parse ${name}, 100 MB / 10 times 10 MB`,
      ratio: whole / time / (text.length / short.length),
      value: held / nodes,
      unit: 'B a node at most',
      goal: '≤ 1.5',
    },
  ];
}

/** Rows "parse" of the performance goals. Processor time, for the machine may have other work. */
export function run(): Row[] {
  return SUBJECTS.flatMap(rows);
}
