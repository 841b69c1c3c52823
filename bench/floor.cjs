'use strict';
// The least that any recorded action does, with nothing of `bit` around it: start Node, read a key, sign two entries,
// put each durably into SQLite, and have git make the change between them.
//
//     node bench/floor.cjs <database> <git words…>

const { execFileSync } = require('node:child_process');
const { createHash, createPrivateKey, sign } = require('node:crypto');
const { existsSync, readFileSync, writeFileSync } = require('node:fs');
const Database = require('better-sqlite3');

const [file, ...words] = process.argv.slice(2);
const keyFile = `${file}.key`;
if (!existsSync(keyFile)) {
  const { generateKeyPairSync } = require('node:crypto');
  const { privateKey } = generateKeyPairSync('ed25519');
  writeFileSync(keyFile, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
}
const key = createPrivateKey(readFileSync(keyFile));
const database = new Database(file);
database.pragma('journal_mode = WAL');
database.pragma('synchronous = FULL');
database.exec('CREATE TABLE IF NOT EXISTS entries (entry TEXT NOT NULL, signature BLOB NOT NULL)');
const insert = database.prepare('INSERT INTO entries VALUES (?, ?)');
const append = (phase) => {
  const entry = JSON.stringify({
    phase,
    words,
    sha256: createHash('sha256').update(words.join(' ')).digest('hex'),
  });
  insert.run(entry, sign(null, Buffer.from(entry), key));
};
append('intent');
execFileSync('git', words, { stdio: ['ignore', 'pipe', 'pipe'] });
append('outcome');
process.reallyExit(0);
