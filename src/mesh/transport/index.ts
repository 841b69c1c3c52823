/**
 * What carries the mesh's frames: the port ({@link Listener}, {@link Connection}, {@link Dialer}), free of WebSocket in
 * its types, and the adapter for WebSocket over TLS.
 */

export {
  type Certificate,
  type CertificateOptions,
  keepCertificate,
  makeCertificate,
} from './certificate.ts';
export { filePins, memoryPins, type Pins } from './pins.ts';
export {
  CLOSE,
  type CloseCode,
  type Closed,
  type Connection,
  type Dialer,
  type HttpHandler,
  type Listener,
  type Remote,
} from './port.ts';
export { CUT_OFF, FULL } from './ws-connection.ts';
export { type DialOptions, dialWs } from './ws-dialer.ts';
export { endPointOf, type ListenOptions, listenWs } from './ws-listener.ts';
