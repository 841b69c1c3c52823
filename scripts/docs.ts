/**
 * Writes what is generated from `oclif.manifest.json`: the command reference, the table of the hundred, the capability
 * lattice and README's command table; the JSON Schemas of `.bithub.yml` and of the mesh's messages, with the
 * validators made of these; and, from the types of the sources, what each action tells policies as `input.target`.
 */
import { dirname, join } from 'node:path';
import { writeHundred } from './docs/hundred.ts';
import { writeLattice } from './docs/lattice.ts';
import { readManifest } from './docs/manifest.ts';
import { writeMeshSchemas } from './docs/mesh/schemas.ts';
import { writeMeshValidators } from './docs/mesh/validators.ts';
import { writeReadmeTable } from './docs/readme.ts';
import { writeReference } from './docs/reference.ts';
import { writeSchema } from './docs/schema.ts';
import { writeTargets } from './docs/targets.ts';

const root = dirname(import.meta.dirname);
const entries = readManifest(root);
const pages = writeReference(join(root, 'docs', 'reference'), entries);
const tally = writeHundred(root, entries);
writeLattice(root, entries);
writeReadmeTable(root, { entries, tally });
writeSchema(root);
writeTargets(root, entries);
writeMeshSchemas(root);
writeMeshValidators(root);
process.stdout.write(
  `docs: ${pages} reference pages; of the hundred ${tally.whole} there, ${tally.partly} in part, ${tally.missing} not yet\n`,
);
