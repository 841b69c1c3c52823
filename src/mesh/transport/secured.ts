import { createHash } from 'node:crypto';
import { type TLSSocket, connect as tlsConnect } from 'node:tls';
import { BitError } from '../../kernel/errors.ts';

/** A certificate is this server's where it is the one the session was made over; authorities were asked then. */
export function secured(url: URL, endPoint: string | undefined): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const host = url.hostname.replace(/^\[|\]$/g, '');
    const socket = tlsConnect({
      host,
      port: Number(url.port || 443),
      rejectUnauthorized: false,
      ALPNProtocols: ['http/1.1'],
    });
    socket.once('error', reject);
    socket.once('secureConnect', () => {
      const { raw } = socket.getPeerCertificate();
      if (endPoint !== undefined && createHash('sha256').update(raw).digest('hex') === endPoint)
        return resolve(socket);
      socket.destroy();
      reject(new BitError('auth', `${url.host} answers with another certificate than the mesh`));
    });
  });
}
