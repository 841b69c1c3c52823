/** Who it is, who acts, and what is recorded. */
import { any, choice, list, map, number, object, text } from '../shape.ts';

export const metadata = object('What this repository is called, and whose it is.', {
  name: text('Name of the project.'),
  owner: text('Person or organisation it belongs to.'),
  annotations: map(text(), 'Notes of your own, by names of your own.'),
});

/** Where a secret is looked for: an environment variable, or a secret of `bit secret set`. */
export const secretReference = text('env:NAME or secret:NAME.', {
  pattern: /^(?:env|secret):[A-Za-z_][A-Za-z0-9_]{0,127}$/,
  wanted: 'env:NAME or secret:NAME',
});

export const capability = text('What may be done, as object:verb; * for all.', {
  pattern: /^[A-Za-z0-9_.-]{1,64}(?::(?:\*|[A-Za-z0-9_.-]{1,64}))?$/,
  wanted: 'a capability such as workflows:trigger',
});

const name = text('A name.', {
  pattern: /^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/,
  wanted: 'a name of letters, digits, _, . and -, at most 63',
});

export const identity = object('Tokens runs use, and the bots that act here.', {
  tokenSources: list(secretReference, 'Looked through in this order; the first that is not empty is used.', {
    most: 16,
  }),
  scopes: list(capability, 'What a token minted for a run may do at the most.', { most: 64 }),
  bots: list(
    object(
      'A bot with an identity of its own.',
      {
        name,
        serviceAccount: text('The account it acts as.'),
        capabilities: list(capability, 'What it may do.', { most: 64 }),
      },
      { required: ['name'] },
    ),
    'Bots and what each may do.',
    { most: 64 },
  ),
});

export const ledger = object('What is kept of the ledger, and where it goes.', {
  share: choice(['off', 'headers', 'all'], 'What of this clone’s ledger travels with a push.'),
  mirror: text('A file that gets every entry as a line of JSON, relative to the repository.'),
  keepDays: number(0, 36_500, 'Days for which undo keeps what an operation replaced.'),
  anchors: map(any(), 'Places outside that checkpoints are sent to, by name.'),
});
