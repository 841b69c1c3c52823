'use strict';
// V8 code caches of the hot bundle. V8 runs what it is given: the name holds the bundle's content hash (V8 itself
// compares only lengths) and V8's version, and each file a checksum, because damaged bytes crash it.

const fs = require('node:fs');
const path = require('node:path');
const zlib = require('node:zlib');

const MAGIC = 'bit-code-cache-1';
const HEADER = 64;

function fileName(hash) {
  return `hot-${hash}-${process.versions.v8}-${process.arch}.cache`;
}

/** Header: magic, length, CRC-32, how many starts went into it. Space-padded text, then the data. */
function encode(data, runs) {
  const header = `${MAGIC} ${data.length} ${zlib.crc32(data)} ${runs}`.padEnd(HEADER - 1) + '\n';
  return Buffer.concat([Buffer.from(header, 'latin1'), data]);
}

function decode(bytes) {
  const [magic, length, sum, runs] = bytes.latin1Slice(0, HEADER).trim().split(' ');
  const data = bytes.subarray(HEADER);
  if (magic !== MAGIC || data.length !== Number(length) || zlib.crc32(data) !== Number(sum)) return undefined;
  return { data, runs: Number(runs) };
}

/** The data of a cache that is whole, or undefined. */
function read(file) {
  try {
    return decode(fs.readFileSync(file))?.data;
  } catch {
    return undefined;
  }
}

function ownDirectory() {
  const { env, platform } = process;
  const base = platform === 'win32' ? env.LOCALAPPDATA : env.XDG_CACHE_HOME || (env.HOME && path.join(env.HOME, '.cache'));
  return base && path.isAbsolute(base) ? path.join(base, 'bit') : undefined;
}

/** The user's own cache; only a file of this very user counts, for it is run as code. */
function readOwn(hash) {
  const directory = ownDirectory();
  if (directory === undefined) return undefined;
  let file;
  try {
    file = fs.openSync(path.join(directory, fileName(hash)), 'r');
    const { uid, mode } = fs.fstatSync(file);
    if (process.getuid !== undefined && (uid !== process.getuid() || (mode & 0o022) !== 0)) return undefined;
    return decode(fs.readFileSync(file));
  } catch {
    return undefined;
  } finally {
    if (file !== undefined) fs.closeSync(file);
  }
}

/** The first starts each add the functions they compiled; then the cache stays as it is. */
const ENOUGH = 8;

/** Keeps a cache for the next start. A directory that can't be written is no error: starting is slower, that's all. */
function keep(script, hash, own) {
  const runs = (own?.runs ?? 0) + 1;
  const directory = ownDirectory();
  if (directory === undefined || runs > ENOUGH) return;
  const target = path.join(directory, fileName(hash));
  const temporary = `${target}.${process.pid}`;
  try {
    fs.mkdirSync(directory, { recursive: true, mode: 0o700 });
    fs.writeFileSync(temporary, encode(script.createCachedData(), runs), { mode: 0o600, flag: 'wx' });
    fs.renameSync(temporary, target);
    if (runs === 1) dropOld(directory, path.basename(target));
  } catch {
    fs.rmSync(temporary, { force: true });
  }
}

/** Caches of bundles that are gone. */
function dropOld(directory, kept) {
  for (const name of fs.readdirSync(directory)) {
    if (/^hot-[0-9a-f]{16}-.*\.cache$/.test(name) && name !== kept) fs.rmSync(path.join(directory, name), { force: true });
  }
}

module.exports = { encode, fileName, keep, ownDirectory, read, readOwn };
