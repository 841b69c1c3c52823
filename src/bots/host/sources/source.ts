import type { Json } from '../../../kernel/json.ts';
import type { Reader } from '../../../operation/index.ts';
import type { DeployedBot } from '../../model.ts';
import type { Happening } from '../match.ts';

export interface Looking {
  readonly reader: Reader;
  /** The bots whose events are asked for. */
  readonly bots: readonly DeployedBot[];
  /** Since when a bot hears of anything, milliseconds. */
  since(bot: DeployedBot): number;
  cursor(name: string): Json | undefined;
}

/** What a source found since it last looked, and how far it has read then: kept together, or not at all. */
export interface Found {
  readonly happenings: readonly Happening[];
  readonly cursors: Readonly<Record<string, Json>>;
  /** There is more to be read at once. */
  readonly more?: boolean;
}

export const NOTHING: Found = { happenings: [], cursors: {} };

export type Source = (looking: Looking) => Promise<Found>;

/** Whether any of the bots listens to that kind of event. */
export function wanted({ bots }: Pick<Looking, 'bots'>, event: string): boolean {
  return bots.some(({ manifest, links }) => [...manifest.on, ...links].some((one) => one.event === event));
}
