import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BOT_SCHEMA_ID, BOT_SHAPE } from '../../src/bots/index.ts';
import { jsonSchema, SPECIFICATION_SHAPE } from '../../src/specification/index.ts';

/** The JSON Schemas of `.bithub.yml` and of a bot's manifest that editors read. */
export function writeSchema(root: string): void {
  const schemas = {
    'bithub-v1.json': jsonSchema(SPECIFICATION_SHAPE, '.bithub.yml'),
    'bot-v1.json': jsonSchema(BOT_SHAPE, '.bithub/bots/<name>.yml', BOT_SCHEMA_ID),
  };
  for (const [name, schema] of Object.entries(schemas))
    writeFileSync(join(root, 'docs/schema', name), `${JSON.stringify(schema, null, 2)}\n`);
}
