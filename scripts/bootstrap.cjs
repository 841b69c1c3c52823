'use strict';
// Every npm script starts here, on whatever Node there is: installs what the lock file says where that is missing or
// older, then runs the script with the project's own Node.
//
//     node scripts/bootstrap.cjs <script.ts> [arguments]

var childProcess = require('child_process');
var fs = require('fs');
var path = require('path');

var root = path.dirname(__dirname);
var modules = path.join(root, 'node_modules');
var windows = process.platform === 'win32';

function modified(file) {
  try {
    return fs.statSync(file).mtimeMs;
  } catch (_) {
    return 0;
  }
}

/** npm writes its own copy of the lock file into what it installed. */
function upToDate() {
  return modified(path.join(modules, '.package-lock.json')) >= modified(path.join(root, 'package-lock.json'));
}

// Not `npm ci`: it refuses a lock file made where a registry lacks the optional packages of other platforms.
function install() {
  process.stderr.write('installing dependencies\n');
  var result = childProcess.spawnSync(
    'npm',
    ['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error'],
    {
      cwd: root,
      stdio: ['ignore', 2, 'inherit'],
      shell: windows,
    },
  );
  if (result.status !== 0) {
    process.stderr.write('npm install failed; nothing was run\n');
    process.exit(result.status || 1);
  }
}

/** The Node that the `node` package brought, or this one where it is new enough. */
function ownNode() {
  var program = path.join(modules, 'node', 'bin', windows ? 'node.exe' : 'node');
  try {
    if (fs.statSync(program).size > 1e6) return program;
  } catch (_) {
    // installed with --ignore-scripts or --omit=dev
  }
  var version = process.versions.node.split('.').map(Number);
  if (version[0] > 22 || (version[0] === 22 && version[1] >= 18)) return process.execPath;
  process.stderr.write('needs Node 22.18 or later; install the one of this project with: npm install\n');
  process.exit(1);
}

if (!upToDate()) install();
var node = ownNode();
var environment = Object.assign({}, process.env);
var pathName = Object.keys(environment).filter(function (name) {
  return name.toUpperCase() === 'PATH';
})[0];
environment[pathName || 'PATH'] =
  path.join(modules, '.bin') +
  path.delimiter +
  path.dirname(node) +
  path.delimiter +
  (environment[pathName] || '');
var child = childProcess.spawn(node, process.argv.slice(2), {
  cwd: root,
  stdio: 'inherit',
  env: environment,
});
['SIGINT', 'SIGTERM', 'SIGHUP'].forEach(function (signal) {
  process.on(signal, function () {
    if (!(signal === 'SIGINT' && process.stdin.isTTY)) child.kill(signal);
  });
});
child.on('exit', function (code, signal) {
  process.exit(signal === null ? code : 1);
});
