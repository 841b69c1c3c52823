/**
 * Writes what is generated from `oclif.manifest.json`: the command reference, the table of the hundred, the capability
 * lattice and README's command table; and the JSON Schema of `.bithub.yml`.
 */
import { dirname, join } from 'node:path';
import { writeHundred } from './docs/hundred.ts';
import { writeLattice } from './docs/lattice.ts';
import { readManifest } from './docs/manifest.ts';
import { writeReadmeTable } from './docs/readme.ts';
import { writeReference } from './docs/reference.ts';
import { writeSchema } from './docs/schema.ts';

const root = dirname(import.meta.dirname);
const entries = readManifest(root);
const pages = writeReference(join(root, 'docs', 'reference'), entries);
const tally = writeHundred(root, entries);
writeLattice(root, entries);
writeReadmeTable(root, { entries, tally });
writeSchema(root);
process.stdout.write(
  `docs: ${pages} reference pages; of the hundred ${tally.whole} there, ${tally.partly} in part, ${tally.missing} not yet\n`,
);
