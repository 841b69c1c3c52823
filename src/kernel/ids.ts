import { fewRandomBytes } from './random.ts';

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

/**
 * A ULID in lower case (26 characters of Crockford base 32): 48 bits of milliseconds, then 80 random bits.
 * Sorts by time as text. Used for operation and chain ids.
 */
export function ulid(now: number): string {
  let id = '';
  for (let time = now, i = 0; i < 10; i++, time = Math.floor(time / 32)) id = ALPHABET[time % 32] + id;
  const random = fewRandomBytes(10);
  let bits = 0;
  let value = 0;
  for (const byte of random) {
    value = (value << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      id += ALPHABET[(value >>> bits) & 31];
    }
    value &= (1 << bits) - 1;
  }
  return id;
}

export const ULID_PATTERN = /^[0-9a-hjkmnp-tv-z]{26}$/;

/** Milliseconds a ULID was made at. */
export function ulidTime(id: string): number {
  let time = 0;
  for (const character of id.slice(0, 10)) time = time * 32 + ALPHABET.indexOf(character);
  return time;
}
