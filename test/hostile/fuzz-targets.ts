/** Readers with known faults, for the fuzzing itself to be tested on. */
import type { Target } from '../../scripts/campaign/fuzz/target.ts';

const base = {
  corpus: process.env['FUZZ_CORPUS'] ?? '',
  ending: 'txt',
  encoding: 'utf8',
  most: 50,
  seeds: () => ['a long text about nothing'],
} as const;
const hoard: string[][] = [];

export const targets: readonly Target[] = [
  {
    ...base,
    name: 'throws',
    mutate: (_pool, dice) =>
      `some ${'text '.repeat(dice.below(9))}${dice.below(50) === 0 ? 'BANG' : ''} more`,
    examine: (input) => {
      if (input.includes('BANG')) throw new Error('bang');
      return undefined;
    },
  },
  {
    ...base,
    name: 'hangs',
    mutate: (_pool, dice) => `calm ${dice.below(100) === 0 ? 'LOOP' : dice.next()} calm`,
    examine: (input) => {
      while (input.includes('LOOP'));
      return undefined;
    },
  },
  {
    ...base,
    name: 'leaks',
    mutate: (_pool, dice) => String(dice.next()),
    examine: (input) => {
      hoard.push(Array.from({ length: 300 }, (_, i) => input + i));
      return undefined;
    },
  },
  {
    ...base,
    name: 'dawdles',
    mutate: (_pool, dice) => `${dice.below(20) === 0 ? 'SLOW' : 'quick'} ${dice.next()}`,
    examine: (input) => {
      // as the bound is: processor time, of which a busy machine gives less in the same while
      const most = input.includes('SLOW') ? 150_000 : 0;
      const before = process.threadCpuUsage();
      for (let used = 0; used < most; ) {
        const { user, system } = process.threadCpuUsage(before);
        used = user + system;
      }
      return undefined;
    },
  },
];
