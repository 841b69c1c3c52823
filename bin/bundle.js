'use strict';
// The hot bundle and V8's code caches of it. V8 runs the bytes it is given: a cache's name holds the bundle's content
// hash (V8 itself compares only lengths) and V8's version, and its bytes are stored twice, because damaged ones crash
// node. Comparing two copies needs nothing loaded, where a checksum needs zlib or crypto (1 and 3 ms).

const fs = require('node:fs');
const path = require('node:path');
const vm = require('node:vm');

/** Starts that each add the functions they compiled to a user's own cache; then it stays as it is. */
const ENOUGH = 8;

/** Queries and actions have a cache each: what V8 reads of one is time, needed or not. */
const GROUPS = ['query', 'action'];

function cacheName(hash, group) {
  return `hot-${hash}-${group}-${process.versions.v8}-${process.arch}.cache`;
}

/** Which cache a command line wants; a wrong guess costs only time. */
function groupOf(actions, argv) {
  const words = argv.filter((word) => !word.startsWith('-')).slice(0, 3);
  const name = words.join(':').replaceAll('.', ':').replace(/^bit:/, '');
  return actions.some((action) => name === action || name.startsWith(`${action}:`)) ? 'action' : 'query';
}

/** `runs` in one byte, then the data twice. */
function encode(data, runs) {
  return Buffer.concat([Buffer.of(runs), data, data]);
}

function decode(bytes) {
  const length = (bytes.length - 1) / 2;
  if (!Number.isInteger(length) || length === 0) return undefined;
  const data = bytes.subarray(1, 1 + length);
  return bytes.compare(data, 0, length, 1 + length) === 0 ? { data, runs: bytes[0] } : undefined;
}

function readShipped(file) {
  try {
    return decode(fs.readFileSync(file));
  } catch {
    return undefined;
  }
}

function ownDirectory() {
  const { env, platform } = process;
  const base =
    platform === 'win32'
      ? env.LOCALAPPDATA
      : env.XDG_CACHE_HOME || (env.HOME && path.join(env.HOME, '.cache'));
  return base && path.isAbsolute(base) ? path.join(base, 'bit') : undefined;
}

/** The user's own cache; only a file nobody else can write counts, for it is run as code. */
function readOwn(name) {
  const directory = ownDirectory();
  if (directory === undefined) return undefined;
  let file;
  try {
    file = fs.openSync(path.join(directory, name), 'r');
    const { uid, mode } = fs.fstatSync(file);
    if (process.getuid !== undefined && (uid !== process.getuid() || (mode & 0o022) !== 0)) return undefined;
    return decode(fs.readFileSync(file));
  } catch {
    return undefined;
  } finally {
    if (file !== undefined) fs.closeSync(file);
  }
}

/** Keeps a cache for the next start. A directory that can't be written is no error: starting is slower, that's all. */
function writeOwn(script, name, runs) {
  const directory = ownDirectory();
  if (directory === undefined) return;
  const target = path.join(directory, name);
  const temporary = `${target}.${process.pid}`;
  try {
    fs.mkdirSync(directory, { recursive: true, mode: 0o700 });
    fs.writeFileSync(temporary, encode(script.createCachedData(), runs), { mode: 0o600, flag: 'wx' });
    fs.renameSync(temporary, target);
    if (runs === 1) dropOld(directory, name.slice(0, 20));
  } catch {
    fs.rmSync(temporary, { force: true });
  }
}

/** Caches of bundles that are gone. */
function dropOld(directory, kept) {
  for (const name of fs.readdirSync(directory)) {
    if (/^hot-[0-9a-f]{16}-.*\.cache$/.test(name) && !name.startsWith(kept))
      fs.rmSync(path.join(directory, name), { force: true });
  }
}

/** Runs the bundle: what it exports, and how to keep its cache once a command has run. */
function load(directory, { hash, actions }, argv) {
  const filename = path.join(directory, `hot-${hash}.cjs`);
  const name = cacheName(hash, groupOf(actions, argv));
  const shipped = readShipped(path.join(directory, name));
  const cached = shipped ?? readOwn(name);
  const script = new vm.Script(
    fs.readFileSync(filename, 'latin1'), // pure ASCII: one byte a character, nothing to decode
    { filename, cachedData: cached?.data },
  );
  const rejected = script.cachedDataRejected === true;
  const module = { exports: {} };
  // import() of a vm script warns that it is experimental; this file's does not, and finds the same packages
  const load = (specifier) => import(specifier);
  script.runInThisContext()(module.exports, require, module, filename, directory, load);
  const runs = rejected ? 0 : (cached?.runs ?? 0);
  const keep = () => {
    if ((shipped === undefined || rejected) && runs < ENOUGH) writeOwn(script, name, runs + 1);
  };
  return { exports: module.exports, keep, script };
}

/** Lets Node keep the compiled form of every file imported from here on. */
function cacheModules() {
  const directory = ownDirectory();
  if (directory !== undefined) require('node:module').enableCompileCache?.(path.join(directory, 'compile'));
}

module.exports = { GROUPS, cacheModules, cacheName, encode, groupOf, load };
