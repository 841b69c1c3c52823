'use strict';
// Runs `bit` again with a Node that can: the one npm's `node` package put beside it. Exit codes and signals are kept.

var childProcess = require('child_process');
var fs = require('fs');
var path = require('path');

var MARK = 'BIT_HANDED_OVER';

/** Program files a `node` package may hold, in its own folder or in that of its platform's package. */
function candidates(root) {
  var program = process.platform === 'win32' ? 'node.exe' : 'node';
  var platform = process.platform === 'win32' ? 'win' : process.platform;
  var names = ['node', 'node-' + platform + '-' + process.arch, 'node-bin-' + platform + '-' + process.arch];
  var found = [];
  var folder = root;
  for (;;) {
    names.forEach((name) => {
      var inside = path.join(folder, 'node_modules', name);
      found.push(path.join(inside, 'bin', program));
      found.push(path.join(inside, 'node_modules', names[1], 'bin', program));
      found.push(path.join(inside, 'node_modules', names[2], 'bin', program));
    });
    if (path.dirname(folder) === folder) return found;
    folder = path.dirname(folder);
  }
}

function isProgram(file) {
  try {
    // on Windows the package leaves a few bytes of text where the program would be
    return fs.statSync(file).isFile() && fs.statSync(file).size > 1e6;
  } catch (_) {
    return false;
  }
}

exports.handOver = function handOver(program) {
  var found =
    process.env[MARK] === '1' ? undefined : candidates(path.dirname(__dirname)).filter(isProgram)[0];
  if (found === undefined) {
    process.stderr.write(
      'error: bit needs Node 22.13 or later and this is ' +
        process.version +
        '; install one from https://nodejs.org\n',
    );
    process.exitCode = 1;
    return;
  }
  var environment = Object.assign({}, process.env);
  environment[MARK] = '1';
  var argv = process.execArgv.concat([program], process.argv.slice(2));
  var child = childProcess.spawn(found, argv, { stdio: 'inherit', env: environment });
  // The terminal sends its signals to both; anyone else sends them here only.
  var signals =
    process.platform === 'win32' ? ['SIGINT', 'SIGTERM'] : ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'];
  var forward = {};
  signals.forEach((signal) => {
    forward[signal] = () => {
      if (!(signal === 'SIGINT' && process.stdin.isTTY)) child.kill(signal);
    };
    process.on(signal, forward[signal]);
  });
  child.on('error', (error) => {
    process.stderr.write('error: ' + found + ' does not start: ' + error.message + '\n');
    process.exitCode = 1;
  });
  child.on('exit', (code, signal) => {
    if (signal === null) {
      process.exitCode = code;
      return;
    }
    signals.forEach((name) => {
      process.removeListener(name, forward[name]);
    });
    process.kill(process.pid, signal);
  });
};
