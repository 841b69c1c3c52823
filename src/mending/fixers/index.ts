import type { Fixer } from '../model.ts';
import { lostRunBit } from './lost-run-bit.ts';

/** The catalogue, one a line, by name. */
export const FIXERS: readonly Fixer[] = [lostRunBit];
