/** A process at its first use of a key ring: prints the public key that signs, and what it loaded of keytar. */
import { createRequire } from 'node:module';
import { openKeys } from '../../src/keys/index.ts';

const [directory = ''] = process.argv.slice(2);
const signer = await openKeys({ directory, env: process.env }).signer();
signer.sign(Buffer.from('message'));
const loaded = Object.keys(createRequire(import.meta.url).cache ?? {}).some((path) =>
  path.includes('keytar'),
);
process.stdout.write(`${signer.publicKey} ${loaded}\n`);
