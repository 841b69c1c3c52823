import { BitError } from '../kernel/errors.ts';
import { parseCheckpointText, parseNote, toBase64 } from '../tlog/index.ts';
import type { AnchoredTree } from './port.ts';

/** `size root` of one side, as both are shown beside each other. */
export function headLine(size: number, root: Uint8Array): string {
  return `${size} ${size === 1 ? 'entry' : 'entries'}, root ${toBase64(root)}`;
}

/** What the chain holds where `size` entries are claimed: the root of as many, or all there are. */
export function ourLine(tree: AnchoredTree, size: number): string {
  const here = Math.min(size, tree.size);
  return headLine(here, tree.rootAt(here));
}

/** A place outside holds a checkpoint that the chain doesn't go on from. Both are in the message and the details. */
export function contradiction(place: string, theirs: string, tree: AnchoredTree): BitError {
  const head = parseCheckpointText(parseNote(theirs).text);
  const size = head?.size ?? 0;
  const anchored = headLine(size, head?.root ?? new Uint8Array());
  return new BitError(
    'integrity',
    `${place} holds a checkpoint that chain ${tree.chain} does not go on from: anchored ${anchored}; here ${ourLine(tree, size)}`,
    {
      hint: 'the ledger was cut, put back or rewritten since: find what happened with bit ledger verify',
      details: { chain: tree.chain, anchored: theirs, here: ourLine(tree, size), size },
    },
  );
}
