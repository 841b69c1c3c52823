/** What a machine has no more of: ports, room. */
import type { Exhibit } from './exhibit.ts';

const SERVER = (port: string, name: string): string =>
  `import http from 'node:http';\nconst server = http.createServer((_, answer) => answer.end('${name}'));\nserver.listen(${port}, '127.0.0.1');\n`;

export const MACHINE: readonly Exhibit[] = [
  {
    fixer: 'port-in-use',
    title: 'a test listens where a server of its step does already',
    make(place) {
      place.write('server.mjs', SERVER('47311', 'server'));
      place.write(
        'api.test.mjs',
        `import assert from 'node:assert';
import http from 'node:http';
const server = http.createServer((_, answer) => answer.end('fine'));
server.listen(47311, '127.0.0.1', async () => {
  const { port } = server.address();
  assert.equal(await (await fetch(\`http://127.0.0.1:\${port}\`)).text(), 'fine');
  server.close();
});
`,
      );
      place.ci(
        '      - run: |\n          node server.mjs &\n          sleep 0.5\n          node api.test.mjs\n',
      );
    },
    cause: /port 47311 is in use already/,
    end: 'fixed',
  },
  {
    fixer: 'port-in-use',
    title: 'two programs of a workflow want the same port',
    make(place) {
      place.write('api.mjs', SERVER('47322', 'api'));
      place.write(
        'web.py',
        'import socket\ns = socket.socket()\ns.bind(("127.0.0.1", 47322))\ns.listen()\nprint("web is up")\n',
      );
      place.ci('      - run: |\n          node api.mjs &\n          sleep 0.5\n          python3 web.py\n');
    },
    needs: ['python3'],
    cause: /port 47322 is in use already/,
    end: 'fixed',
  },
  {
    fixer: 'port-in-use',
    title: 'a port that the workflow sets in the environment',
    make(place) {
      place.write(
        'serve.mjs',
        "import net from 'node:net';\nconst port = Number(process.env.PORT);\nconst one = net.createServer().listen(port, () => {\n  const two = net.createServer().listen(port, () => process.exit(0));\n  void two;\n});\nvoid one;\n",
      );
      place.ci('      - run: node serve.mjs\n        env:\n          PORT: "47333"\n');
    },
    cause: /port 47333 is in use already/,
    end: 'fixed',
  },
  {
    fixer: 'disk-full',
    title: 'a shell writes where no room is',
    make: (place) => place.step('seq 100000 > /dev/full'),
    cause: /there is no room left/,
    end: 'known',
  },
  {
    fixer: 'disk-full',
    title: 'node writes where no room is',
    make(place) {
      place.write(
        'dump.mjs',
        "import fs from 'node:fs';\nconst file = fs.openSync('/dev/full', 'w');\nfs.writeSync(file, 'x'.repeat(1 << 20));\n",
      );
      place.step('node dump.mjs');
    },
    cause: /there is no room left/,
    end: 'known',
  },
];
