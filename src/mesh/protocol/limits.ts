/** Bounds of what is read from the other side; they hold before anything of a message is believed. */

/** What a controller takes in one message, bytes of UTF-8. */
export const MOST_MESSAGE_BYTES = 256 * 1024;
/** What runners and clients take from their controller: a status of thousands of peers is one message. */
export const MOST_ANSWER_BYTES = 8 * 1024 * 1024;
/** Objects and arrays within each other. */
export const MOST_DEPTH = 64;
/** Versions of the protocol spoken here, best first. */
export const PROTOCOL_VERSIONS = ['1'] as const;
/** Where leases are given back, on the mesh's own port. */
export const RELEASED = '/leases/released';
