/** Where a mesh listens on its host, and what it calls what it speaks there (RFC 6455, 1.9). */
export const PATH = '/mesh';
export const SUBPROTOCOL = 'bithub.mesh.v1';
/** Pieces that one message may come in: who sends single bytes is cut off. */
export const FRAGMENTS = { maxFragments: 1024, maxBufferedChunks: 8192 } as const;
