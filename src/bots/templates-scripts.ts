import type { BotTemplate } from './templates.ts';

/** Script bots, one in each language; each does something by itself, and shows how the rest is written. */
export const SCRIPTS: readonly BotTemplate[] = [
  {
    name: 'retry-once',
    language: 'lisp',
    description: 'Tries a run that failed once more, and says so.',
    handler: 'script:main.scm',
    on: ['- event: workflow', '  kinds: [failed]', '  # workflows: [ci]'],
    capabilities: ['workflow:retry', 'motd:add'],
    files: {
      'main.scm': `; Strings it knows: bot, event, event-kind, event-run, event-workflow …; facts and settings are lists.
; (bit 'word …) runs a bit command and gives ((status . 0) (stdout . "…") (stderr . "…")).

(define (good? answer) (zero? (cdr (assq 'status answer))))
(define (tell text) (bit 'motd 'add text))

; an event that comes again after a crash finds the call answered: nothing is tried twice
(if (good? (bit 'retry 'last event-run))
    (tell (string-append event-workflow " passed when tried again: it is flaky"))
    (tell (string-append event-workflow " failed twice: see bit log workflow " event-run)))
`,
    },
  },
  {
    name: 'checkpoint',
    language: 'bit',
    description: 'Signs a checkpoint of the ledger every night.',
    handler: 'script:main.bit',
    on: ["- schedule: '0 2 * * *'"],
    capabilities: ['ledger:checkpoint'],
    files: {
      'main.bit': `# One dotted command a line; $BOT, $EVENT, $EVENT_KIND … stand for what happened.
bit.ledger.checkpoint
`,
    },
  },
  {
    name: 'announce',
    language: 'aln',
    description: 'Notes every commit to main in the history, and announces it.',
    handler: 'script:main.aln',
    on: ['- event: ledger', '  kinds: [COMMIT]', "  if: event.branch == 'main'"],
    capabilities: ['query:status', 'motd:add'],
    files: {
      'main.aln': `[VARS]
SUBJECT: "main moved"

[RUN announce]
bit.status
IF SUCCEEDED AND \${EVENT_KIND} == COMMIT
  bit.motd.add "\${SUBJECT}: \${EVENT_ID}"
ELSE
  STOP "the work tree can't be read"
END
`,
    },
  },
  {
    name: 'stale-lock',
    language: 'batch',
    description: 'Looks after a failed run, and says what stands in the way.',
    handler: 'script:main.cmd',
    on: ['- workflow: failed'],
    capabilities: ['query:status', 'motd:add'],
    files: {
      'main.cmd': `@echo off
rem What happened: %EVENT_KIND%, %EVENT_WORKFLOW%, %EVENT_RUN%
bit status
if errorlevel 1 goto broken
bit motd add "%EVENT_WORKFLOW% failed: bit log workflow %EVENT_RUN%"
goto :eof

:broken
bit motd add "%EVENT_WORKFLOW% failed, and bit status too: try bit repair"
`,
    },
  },
  {
    name: 'count-failures',
    language: 'javascript',
    description: 'Counts how often a workflow fails in a row, and says so at the third time.',
    handler: 'script:main.mjs',
    on: ['- workflow: [failed, finished]'],
    capabilities: ['motd:add'],
    settings: ['most: 3'],
    files: {
      'main.mjs': `/** A module that exports handle; see BotContext in @bithub/cli. */
export async function handle(event, context) {
  const workflow = String(event.facts.workflow ?? 'a workflow');
  const key = \`failures/\${workflow}\`;
  const before = Number((await context.state.get(key)) ?? 0);
  const failures = event.kind === 'failed' ? before + 1 : 0;
  await context.state.set(key, failures);
  context.log(\`\${workflow}: \${failures} in a row\`);
  if (failures !== (context.settings.most ?? 3)) return;
  const { status, stderr } = await context.bit(['motd', 'add', \`\${workflow} failed \${failures} times in a row\`]);
  if (status !== 0) throw new Error(stderr);
}
`,
    },
  },
  {
    name: 'watch-ledger',
    language: 'shell',
    description: 'Verifies the ledger every day, and says where it does not hold.',
    handler: 'script:main.sh',
    on: ["- schedule: '30 4 * * *'"],
    capabilities: ['query:ledger:verify', 'motd:add'],
    files: {
      'main.sh': `#!/bin/sh
# bit is all of this machine that can be changed by; the tree is read only, there is no network.
set -eu
if bit ledger verify; then
  echo "the ledger holds"
else
  bit motd add "the ledger does not verify: bit ledger verify"
fi
`,
    },
  },
];
