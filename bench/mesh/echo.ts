/** What the machine carries at all: frames of a mesh's size over bare `ws`, sent back. A server, or the side that asks. */
import { WebSocket, WebSocketServer } from 'ws';

const [role = 'server', port = '0', connections = '1', flight = '100', seconds = '2'] = process.argv.slice(2);
const OPTIONS = { perMessageDeflate: false } as const;
const FRAME = JSON.stringify({
  ...{
    type: 'JOB_BID',
    schema: 'bithub.mesh.job.bid.v1',
    msg_id: 'M-abcdefgh.1',
    sender: 'aln://runner/bench/r1',
  },
  ts: '2025-08-30T16:12:02.123Z',
  payload: { job_id: 'J-0123456789ABCDEFGHJKMNPQRS', eta_s: 1, cost_units: 1, confidence: 0.9 },
});

if (role === 'server') {
  const server = new WebSocketServer({ ...OPTIONS, host: '127.0.0.1', port: 0 });
  server.on('connection', (socket) => {
    socket.on('message', (data, isBinary) => socket.send(data as Buffer, { binary: isBinary }));
  });
  server.on('listening', () => process.send?.((server.address() as { port: number }).port));
} else {
  let trips = 0;
  const sockets = await Promise.all(
    Array.from({ length: Number(connections) }, async () => {
      const socket = new WebSocket(`ws://127.0.0.1:${port}`, OPTIONS);
      await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
      socket.on('message', () => {
        trips += 1;
        socket.send(FRAME);
      });
      return socket;
    }),
  );
  const began = performance.now();
  for (let n = 0; n < Number(flight); n++) sockets[n % sockets.length]?.send(FRAME);
  setTimeout(() => {
    process.send?.((trips / (performance.now() - began)) * 1000);
    process.exit();
  }, Number(seconds) * 1000);
}
process.on('disconnect', () => process.exit());
