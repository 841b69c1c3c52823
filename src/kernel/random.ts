import { randomFillSync } from 'node:crypto';

/** Asking the system's generator takes longer than using what it gives, whatever the size: one question serves many. */
const pool = Buffer.alloc(1024);
let used = pool.length;

/** Random bytes of their own memory, few at a time; what was handed out stands nowhere else. */
export function fewRandomBytes(size: number): Buffer {
  if (used + size > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  const bytes = Buffer.from(pool.subarray(used, used + size));
  pool.fill(0, used, used + size);
  used += size;
  return bytes;
}
