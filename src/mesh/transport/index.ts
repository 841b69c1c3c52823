/**
 * What carries the mesh's frames: the port ({@link Listener}, {@link Connection}, {@link Dialer}), free of WebSocket in
 * its types, and the adapter for WebSocket over TLS.
 */
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
