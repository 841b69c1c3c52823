'use strict';
// Stands for `bit` where a bot's own code can't reach it. Two uses, both with nothing but Node around them:
//   bot-shim.js call SOCKET NAME WORD…      `bit` and `bit-state` of a shell bot: asks the host, prints its answer
//   bot-shim.js forward SOCKET PROGRAM …    runs a program with a proxy on loopback that leads to the host's

const fs = require('node:fs');
const net = require('node:net');

const [mode, socket, ...rest] = process.argv.slice(2);

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(70);
}

/** What was piped in; nothing where standard input is a terminal or closed. */
function piped() {
  try {
    const stat = fs.fstatSync(0);
    return stat.isFIFO() || stat.isFile() ? fs.readFileSync(0, 'utf8') : '';
  } catch {
    return '';
  }
}

function ask(method, args, then) {
  const connection = net.connect(socket);
  let text = '';
  connection.setEncoding('utf8');
  connection.on('data', (part) => {
    text += part;
  });
  connection.on('error', (error) => fail(`the host of this bot is gone: ${error.message}`));
  connection.on('end', () => {
    let answer;
    try {
      answer = JSON.parse(text);
    } catch {
      fail('the host of this bot is gone');
    }
    if (answer.error !== undefined) fail(answer.error);
    then(answer.ok);
  });
  connection.end(`${JSON.stringify({ method, args })}\n`);
}

function call([name, ...words]) {
  if (name === 'bit-state') return state(words);
  if (name === 'bit-log') return ask('log', [words.join(' ')], () => undefined);
  const input = piped();
  return ask('bit', [words, input === '' ? {} : { input }], ({ status, stdout, stderr }) => {
    process.stdout.write(stdout);
    process.stderr.write(stderr);
    process.exitCode = status;
  });
}

function state([verb, key, value]) {
  if (verb === 'get')
    return ask('state.get', [key], (found) => process.stdout.write(`${JSON.stringify(found)}\n`));
  if (verb !== 'set') return fail('bit-state get KEY, or bit-state set KEY JSON');
  let given;
  try {
    given = JSON.parse(value ?? '');
  } catch {
    return fail(`bit-state set: ${value} is no JSON`);
  }
  return ask('state.set', [key, given], () => undefined);
}

function forward([program, ...args]) {
  const server = net.createServer((near) => {
    const far = net.connect(socket);
    near.on('error', () => far.destroy());
    far.on('error', () => near.destroy());
    near.pipe(far).pipe(near);
  });
  server.listen(0, '127.0.0.1', () => {
    const address = `http://127.0.0.1:${server.address().port}`;
    const { spawn } = require('node:child_process');
    const child = spawn(program, args, {
      stdio: 'inherit',
      env: {
        ...process.env,
        ...{ HTTP_PROXY: address, HTTPS_PROXY: address, http_proxy: address, https_proxy: address },
        ...{ NO_PROXY: '', no_proxy: '', NODE_USE_ENV_PROXY: '1' },
      },
    });
    for (const name of ['SIGTERM', 'SIGINT']) process.on(name, () => child.kill(name));
    child.on('error', (error) => fail(error.message));
    child.on('exit', (code, signal) => {
      if (signal === null) process.exit(code);
      process.removeAllListeners(signal);
      process.kill(process.pid, signal);
    });
  });
}

if (mode === 'call') call(rest);
else if (mode === 'forward') forward(rest);
else fail('this is not a command of its own');
