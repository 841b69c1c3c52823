import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { jsonSchema, SPECIFICATION_SHAPE } from '../../src/specification/index.ts';

/** The JSON Schema of `.bithub.yml` that editors read. */
export function writeSchema(root: string): void {
  const schema = jsonSchema(SPECIFICATION_SHAPE, '.bithub.yml');
  writeFileSync(join(root, 'docs/schema/bithub-v1.json'), `${JSON.stringify(schema, null, 2)}\n`);
}
