import { Readable } from 'node:stream';
import type { Expected, Stored, StreamingDriver, Upload } from './driver.ts';

/** The upload of a driver that keeps nothing of what breaks off: each `append` is a put of all of it. */
export function uploadWhole(driver: Pick<StreamingDriver, 'put'>, uri: string, expected: Expected): Upload {
  let stored: Stored | undefined;
  return {
    offset: 0,
    async append(from) {
      stored = await driver.put(uri, from, expected);
    },
    async commit() {
      return stored ?? driver.put(uri, Readable.from([]), expected);
    },
    async leave() {},
    async drop() {},
  };
}
