/**
 * Message of the day: `.bithub/motd.yml`, a tracked file, so that everyone who has the repository sees the same one.
 *
 *     current: 0
 *     messages:
 *       - text: Release freeze starts on Friday.
 *         added: 2026-11-21T12:00:00.000Z
 *         by: Ada <ada@example.org>
 */
export {
  type AddedMessage,
  addMessage,
  type RotatedMessage,
  rotateMessage,
  type ShownMessage,
  showMessage,
} from './motd.ts';
export { type Message, type MessageFile, MOTD_FILE, parseMessages } from './schema.ts';
