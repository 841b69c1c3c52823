import type { EndState, FineState, StandardState } from '../protocol/types.ts';

const STANDARD: Readonly<Record<FineState, StandardState | undefined>> = {
  PendingAnnouncement: 'Pending',
  Announced: 'Pending',
  BiddingOpen: 'Pending',
  BiddingClosed: 'Pending',
  AwaitingAssignmentConfirmation: 'Pending',
  Assigned: 'Pending',
  PreparingExecution: 'Running',
  Running: 'Running',
  AwaitingInputs: 'Running',
  ProducingOutputs: 'Running',
  Completed: 'CompletedSuccessfully',
  Failed: 'Failed',
  Cancelled: 'Cancelled',
  // A receipt tells of any end.
  ReceiptGenerated: undefined,
  ReceiptAnchored: undefined,
};

/** The standard state of a fine one (002 §4.2); that of a receipt is that of the end it tells of. */
export function standardOf(state: FineState, end: EndState = 'CompletedSuccessfully'): StandardState {
  return STANDARD[state] ?? end;
}

export function fineOf(end: EndState): FineState {
  return end === 'CompletedSuccessfully' ? 'Completed' : end;
}

/** What a runner may say of a job it works on. */
export const PROGRESS: ReadonlySet<FineState> = new Set([
  'Assigned',
  'PreparingExecution',
  'Running',
  'AwaitingInputs',
  'ProducingOutputs',
]);
