/** The points, as the process in which a plugin's module is loaded knows them. */
import { botPoint } from './bots.ts';
import { fixerPoint } from './fixers.ts';
import type { Point } from './names.ts';
import type { PointKind } from './point.ts';
import { stepPoint } from './steps.ts';

export const POINTS: Readonly<Record<Point, PointKind<{ readonly name: string }>>> = {
  bots: botPoint as PointKind<{ readonly name: string }>,
  fixers: fixerPoint as PointKind<{ readonly name: string }>,
  steps: stepPoint as PointKind<{ readonly name: string }>,
};
