import * as assert from 'uvu/assert';
import { classifyFailure } from '../../src/git/failure.ts';
import type { ErrorCode } from '../../src/kernel/errors.ts';
import { processorTime, suite } from '../suite.ts';

const SAID: readonly (readonly [ErrorCode, string])[] = [
  ['auth', "fatal: could not read Username for 'https://h': terminal prompts disabled"],
  ['auth', 'git@h: Permission denied (publickey).\nfatal: Could not read from remote repository.'],
  ['remote', "fatal: unable to access 'https://h/': Could not resolve host: h"],
  ['remote', "remote: Repository not found.\nfatal: repository 'https://h/x/' not found"],
  [
    'conflict',
    "To h\n ! [rejected]        main -> main (fetch first)\nerror: failed to push some refs to 'h'",
  ],
  [
    'failed',
    "To h\n ! [remote rejected] main -> main (pre-receive hook declined)\nerror: failed to push some refs to 'h'",
  ],
  ['io', 'error: file write error: No space left on device\nfatal: unable to write new index file'],
  ['busy', "fatal: Unable to create '/r/.git/index.lock': File exists."],
  ['not-found', "fatal: ambiguous argument 'x': unknown revision or path not in the working tree."],
  [
    'usage',
    "Author identity unknown\n\n*** Please tell me who you are.\n\nfatal: unable to auto-detect email address (got 'x@y.(none)')",
  ],
  ['failed', 'something nobody has seen before'],
];

suite('what git says when it fails', (test) => {
  test('maps to a code', () => {
    for (const [code, stderr] of SAID) {
      assert.is(classifyFailure({ args: ['x'], exitCode: 128, stdout: '', stderr }).code, code, stderr);
    }
  });

  test('is quoted by its first meaningful line, printable and without secrets', () => {
    const stderr =
      "Cloning into 'x'...\nReceiving: 10%\rhint: try\nfatal: fatal: no \u001b[31m at https://u:s3cret@h/\n";
    const { message } = classifyFailure({ args: ['clone'], exitCode: 128, stdout: '', stderr });
    assert.is(message, 'no \\x1b[31m at https://***@h/');
    assert.match(
      classifyFailure({ args: ['gc'], exitCode: 1, stdout: '', stderr: '' }).message,
      'git gc ended with exit code 1',
    );
  });

  test('is read in linear time', () => {
    const started = processorTime();
    classifyFailure({
      args: ['x'],
      exitCode: 1,
      stdout: '',
      stderr: "unable to create 'x remote branch ".repeat(200_000),
    });
    assert.ok(processorTime() - started < 3000);
  });
});
