import { isBitError } from '../kernel/errors.ts';
import { Store } from './store.ts';

/**
 * What is wrong with the ledger's file as a file (a torn page, an index that misses rows), in SQLite's words; empty
 * where it is sound or not there. Whether its entries are the ones once signed is for verification to say.
 */
export function inspectLedgerFile(directory: string): readonly string[] {
  const store = new Store(directory, false);
  try {
    if (!store.openToRead()) return [];
    const found = store.rows('PRAGMA quick_check(3)').map(([line]) => String(line));
    return found.length === 1 && found[0] === 'ok' ? [] : found;
  } catch (error) {
    if (isBitError(error, 'integrity')) return [error.message];
    throw error;
  } finally {
    store.close();
  }
}
