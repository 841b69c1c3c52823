import { BitError } from '../kernel/errors.ts';
import {
  faulty,
  list,
  number,
  object,
  parseYaml,
  readYamlText,
  text,
  type ValueOf,
  validate,
  whole,
} from '../specification/index.ts';

const SHAPE = object(
  'Nodes that get this repository’s orchestration files.',
  {
    version: whole(1, 1, 'The version of this form.'),
    nodes: list(
      object(
        'A node.',
        {
          name: text('Its name.', {
            pattern: /^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/,
            wanted: 'a name of letters, digits, _, . and -',
          }),
          api: text('Address files are posted to.', {
            pattern: /^https?:\/\/[^\s/@]+(?:\/\S*)?$/,
            wanted: 'an http or https address without a user',
          }),
          auth: object(
            'How it knows us.',
            {
              header: text('The header; default Authorization.', {
                pattern: /^[A-Za-z0-9-]{1,64}$/,
                wanted: 'the name of a header',
              }),
              tokenRef: text('env:NAME or secret:NAME of the token.', {
                pattern: /^(?:env|secret):[A-Za-z_][A-Za-z0-9_]{0,127}$/,
                wanted: 'env:NAME or secret:NAME',
              }),
            },
            { required: ['tokenRef'] },
          ),
          accept: list(text(undefined, { most: 512 }), 'Patterns of the files it takes.', {
            least: 1,
            most: 100,
          }),
        },
        { required: ['name', 'api', 'auth', 'accept'] },
      ),
      'Nodes.',
      { most: 100 },
    ),
    retries: object('How often it is tried.', {
      attempts: whole(1, 20, 'Tries in all; default 3.'),
      backoffSeconds: number(0, 3600, 'Seconds before the second; each further one waits twice as long.'),
    }),
  },
  { required: ['nodes'] },
);

export type NodesConfig = ValueOf<typeof SHAPE>;
export type NodeConfig = NodesConfig['nodes'][number];

/** Where it may lie; the first there is counts. */
export const NODE_FILES = ['.bithub/nodes.yml', '.bithub/overhaul/sync.to.nodes.yml'] as const;

/** @throws BitError `not-found` where there is none, `usage` with everything that is wrong in it */
export function readNodes(root: string): { readonly path: string; readonly config: NodesConfig } {
  for (const path of NODE_FILES) {
    const said = readYamlText(root, path);
    if (said === undefined) continue;
    const { value, faults } = validate<NodesConfig>(parseYaml(path, said), SHAPE);
    if (faults.length > 0) throw faulty(path, faults);
    return { path, config: value };
  }
  throw new BitError('not-found', `there is no ${NODE_FILES[0]}`, {
    hint: 'name the nodes there: name, api, auth.tokenRef and accept of each',
  });
}
