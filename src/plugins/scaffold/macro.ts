/** A macro: a \`.bit\` script with parameters, in a package of its own. */
import type { Scaffold } from './index.ts';

export const macroScaffold: Scaffold = {
  bit: { macros: 'macros' },
  // bit itself is what reads a macro: it tells what the commands would be
  scripts: { build: 'bit ext install . --dry-run', test: 'bit ext install . --dry-run --grant none' },
  files: ({ name, base }) => ({
    [`macros/${base}.bit`]: `#: summary: Start a branch for a topic.
#: description: It begins where --from says and is switched to; nothing is pushed.
#: args:
#:   topic: { description: The word it is about. }
#: flags:
#:   from: { description: Where it starts., default: HEAD }
#:   prefix: { description: What its name begins with., options: [topic, fix, docs], default: topic }
#:   track: { description: Let it track the branch it starts from., type: boolean, value: --track }
bit.branch new $prefix/$topic --from $from --switch $track
`,
    'README.md': `# ${name}

One macro, \`macros/${base}.bit\`: the lines of \`#:\` say what it takes, every other line is a command of bit.

\`\`\`
npm test                                  # bit reads it and tells what it would run
bit ext load macros/${base}.bit           # while you write it
bit ext install .                         # to keep it
bit ${base} login --prefix fix            # each line is an operation of its own inside one
bit undo                                  # takes all of them back
\`\`\`
`,
  }),
};
