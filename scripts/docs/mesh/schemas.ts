/** The published schemas of the mesh's messages: one file each, and an index of who sends what and what answers it. */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FLOW, type Flow } from '../../../src/mesh/protocol/flow.ts';
import {
  MOST_ANSWER_BYTES,
  MOST_DEPTH,
  MOST_MESSAGE_BYTES,
  PROTOCOL_VERSIONS,
} from '../../../src/mesh/protocol/limits.ts';
import { MESSAGES } from '../../../src/mesh/protocol/messages.ts';
import type { MessageType } from '../../../src/mesh/protocol/types.ts';

const DIALECT = 'https://json-schema.org/draft/2020-12/schema';
const PLACE = 'https://bithub.dev/schema/mesh/';

/** `bithub.mesh.job.offer.v1` is published as `job.offer.v1.json`. */
function fileOf(type: MessageType): string {
  return `${MESSAGES[type].properties.schema.const.slice('bithub.mesh.'.length)}.json`;
}

export function writeMeshSchemas(root: string): void {
  const folder = join(root, 'docs', 'schema', 'mesh');
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(folder)) rmSync(join(folder, name));
  const types = Object.keys(MESSAGES) as MessageType[];
  for (const type of types) {
    const name = fileOf(type);
    write(folder, name, { $schema: DIALECT, $id: PLACE + name, title: type, ...MESSAGES[type] });
  }
  write(folder, 'index.json', {
    title: 'Messages of the mesh',
    description:
      'One JSON object (I-JSON, RFC 7493) in one WebSocket text frame. The controller opens with CHALLENGE. See docs/mesh.md.',
    subprotocol: 'bithub.mesh.v1',
    path: '/mesh',
    versions: PROTOCOL_VERSIONS,
    bounds: {
      depth: MOST_DEPTH,
      bytes_to_the_controller: MOST_MESSAGE_BYTES,
      bytes_from_the_controller: MOST_ANSWER_BYTES,
    },
    messages: Object.fromEntries(
      types.map((type) => [
        type,
        {
          schema: MESSAGES[type].properties.schema.const,
          file: fileOf(type),
          from: FLOW[type].from,
          ...answerOf(FLOW[type]),
          description: (MESSAGES[type] as { readonly description?: string }).description,
        },
      ]),
    ),
  });
}

const answerOf = ({ answer }: Flow): object => (answer === undefined ? {} : { answered_by: answer });

function write(folder: string, name: string, value: unknown): void {
  writeFileSync(join(folder, name), `${JSON.stringify(value, null, 2)}\n`);
}
