/**
 * Anchors: places outside that remember the ledger's checkpoints, so that a ledger that was cut, put back or rewritten,
 * even with its own keys, is found out by somebody who holds none of them.
 *
 * One port, {@link AnchorDriver}; each driver is made from its entry in `.bithub.yml`:
 *
 *     ledger:
 *       anchors:
 *         mirror: { driver: git, remote: origin }
 *         witness: { driver: witness, url: https://witness.example/, key: witness.example+2e4b…+BA… }
 *         bitcoin: { driver: opentimestamps, url: https://a.pool.opentimestamps.org }
 *         archive: { driver: 'plugin:@acme/archive#page', board: public }
 *         sepolia: { driver: evm, url: secret:RPC_URL, chainId: 11155111, key: secret:ANCHOR_KEY }
 *
 * None is there by default. A receipt is kept durably in `<state>/ledger/anchors/<chain>/<id>.json` and travels with the
 * chain; it names its place without credentials and holds no secret. The verbs are in src/transparency.
 */

export {
  type ConfiguredAnchor,
  chooseAnchors,
  configuredAnchors,
  DRIVER_NAMES,
  namesPlugin,
  type OtherDriver,
} from './configured.ts';
export { contradiction, headLine, ourLine } from './contradiction.ts';
export type { Options } from './options.ts';
export type {
  Anchorable,
  AnchorDriver,
  Anchored,
  AnchoredTree,
  Asking,
  Receipt,
  Standing,
  Verdict,
} from './port.ts';
export {
  type DamagedReceipt,
  formatReceipt,
  type KeptReceipt,
  keepReceipt,
  parseReceipt,
  RECEIPT_LIMIT,
  readReceipts,
} from './receipts.ts';
