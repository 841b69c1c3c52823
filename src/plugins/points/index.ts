/** The points, as the process in which a plugin's module is loaded knows them. */
import { anchorPoint } from './anchors.ts';
import { botPoint } from './bots.ts';
import { builtinPoint } from './builtins.ts';
import { fixerPoint } from './fixers.ts';
import type { Point } from './names.ts';
import type { PointKind } from './point.ts';
import { stepPoint } from './steps.ts';
import { storagePoint } from './storage.ts';

export const POINTS: Readonly<Record<Point, PointKind<{ readonly name: string }>>> = {
  anchors: anchorPoint as PointKind<{ readonly name: string }>,
  bots: botPoint as PointKind<{ readonly name: string }>,
  builtins: builtinPoint as PointKind<{ readonly name: string }>,
  fixers: fixerPoint as PointKind<{ readonly name: string }>,
  steps: stepPoint as PointKind<{ readonly name: string }>,
  storage: storagePoint as PointKind<{ readonly name: string }>,
};
