'use strict';
// The chunks of the hot bundle and V8's code cache of each. V8 runs the bytes it is given: a cache's name holds the chunk's content
// hash (V8 itself compares only lengths) and V8's version, and its bytes are stored twice, because damaged ones crash
// node. Comparing two copies needs nothing loaded, where a checksum needs zlib or crypto (1 and 3 ms).

const fs = require('node:fs');
const path = require('node:path');
const vm = require('node:vm');

/** Starts that each add the functions they compiled to a user's own cache; then it stays as it is. */
const ENOUGH = 8;

function cacheName(chunk, hash, profile) {
  const kind = profile === undefined ? '' : `-${profile}`;
  return `hot-${chunk}-${hash}-${process.versions.v8}-${process.arch}${kind}.cache`;
}

/** A command that is started often has caches of exactly what it runs: V8 takes in the whole of what it is given. */
function profileOf(profiles, words) {
  const named = (name) => (Object.hasOwn(profiles, name) ? profiles[name] : undefined);
  return named(words.slice(0, 2).join(' ')) ?? named(words[0]);
}

/** Commands of plugins have their own, whatever they are called: their table says whether the first word is one. */
function profileOfPlugin(profiles, [word]) {
  if (profiles.plugin === undefined || word === undefined || !/^[a-z]/.test(word)) return undefined;
  const { env, platform } = process;
  const data =
    platform === 'win32'
      ? env.LOCALAPPDATA
      : env.XDG_DATA_HOME || (env.HOME && path.join(env.HOME, '.local', 'share'));
  try {
    const table = fs.readFileSync(path.join(data, 'bit', 'plugins', 'table.json'), 'latin1');
    return table.includes(`"${word}:`) ? profiles.plugin : undefined;
  } catch {
    return undefined;
  }
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
  } catch {
    remove(temporary);
  }
}

function remove(file) {
  try {
    fs.rmSync(file, { force: true });
  } catch {
    // was never there, or is not ours
  }
}

/** Caches of bundles that are gone. */
function dropOld(hashes) {
  const directory = ownDirectory();
  if (directory === undefined || !fs.existsSync(directory)) return;
  for (const name of fs.readdirSync(directory)) {
    const hash = /^hot-(?:.*-)?([0-9a-f]{16})-.*\.cache$/.exec(name);
    if (hash !== null && !hashes.includes(hash[1])) remove(path.join(directory, name));
  }
}

// import() of a vm script warns that it is experimental; this file's does not, and finds the same packages
const importHere = (specifier) => import(specifier);

function run(script, filename, requireFrom) {
  const module = { exports: {} };
  const directory = path.dirname(filename);
  script.runInThisContext()(module.exports, requireFrom, module, filename, directory, importHere);
  return module.exports;
}

/** Code that is not in chunks, while building. */
function runCode(source, filename) {
  return run(new vm.Script(source, { filename }), filename, require);
}

/** What came with the installation: for the command at hand, or for any. */
function shippedCache(directory, chunk, hash, profile) {
  const own =
    profile === undefined
      ? undefined
      : readShipped(`${directory}${path.sep}${cacheName(chunk, hash, profile)}`);
  return own ?? readShipped(`${directory}${path.sep}${cacheName(chunk, hash)}`);
}

/**
 * Runs the core chunk, and the others as something of theirs is required by `#<chunk>:<number>`: what it exports, how
 * to keep caches once a command has run, and how the build, which starts without any, writes those it ships.
 */
function load(directory, { chunks, profiles = {} }, { words = [], fresh = false } = {}) {
  const profile = profileOf(profiles, words) ?? profileOfPlugin(profiles, words);
  const opened = new Map();
  const inner = (id) => {
    if (!id.startsWith('#')) return require(id);
    const colon = id.indexOf(':');
    return open(id.slice(1, colon)).module(Number(id.slice(colon + 1)));
  };
  inner.resolve = require.resolve;
  const open = (chunk) => {
    const before = opened.get(chunk);
    if (before !== undefined) return before.exports;
    const hash = chunks[chunk];
    // path.join is slow until it is compiled
    const filename = `${directory}${path.sep}hot-${chunk}-${hash}.cjs`;
    const name = cacheName(chunk, hash);
    const shipped = fresh ? undefined : shippedCache(directory, chunk, hash, profile);
    const cached = fresh ? undefined : (shipped ?? readOwn(name));
    // pure ASCII: one byte a character, nothing to decode
    const script = new vm.Script(fs.readFileSync(filename, 'latin1'), { filename, cachedData: cached?.data });
    const rejected = script.cachedDataRejected === true;
    const runs = rejected ? 0 : (cached?.runs ?? 0);
    const own = (shipped === undefined || rejected) && runs < ENOUGH;
    const entry = { script, name, runs, own, exports: undefined };
    opened.set(chunk, entry);
    entry.exports = run(script, filename, inner);
    return entry.exports;
  };
  const keep = () => {
    let first = false;
    for (const { script, name, runs, own } of opened.values()) {
      if (!own) continue;
      writeOwn(script, name, runs + 1);
      first ||= runs === 0;
    }
    if (first) dropOld(Object.values(chunks));
  };
  const write = (of) => {
    let size = 0;
    for (const [chunk, { script }] of opened) {
      const data = script.createCachedData();
      fs.writeFileSync(path.join(directory, cacheName(chunk, chunks[chunk], of)), encode(data, 0));
      size += data.length;
    }
    return size;
  };
  return { exports: open('core'), keep, write };
}

/** Lets Node keep the compiled form of every file imported from here on. */
function cacheModules() {
  const directory = ownDirectory();
  if (directory !== undefined) require('node:module').enableCompileCache?.(path.join(directory, 'compile'));
}

module.exports = { cacheModules, cacheName, encode, load, runCode };
