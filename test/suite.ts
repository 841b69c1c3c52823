import { type uvu, suite as uvuSuite } from 'uvu';

/**
 * The only way to declare tests here: a uvu suite whose `.run()` is forgotten passes silently with 0 tests, so
 * this one runs itself, and the runner fails a file that reports none.
 *
 *     suite('printable', (test) => {
 *       test('shows a carriage return as an escape', () => …);
 *     });
 */
export function suite<Context extends object = Record<never, never>>(
  name: string,
  define: (test: uvu.Test<Context>) => void,
): void {
  const test = uvuSuite<Context>(name);
  define(test);
  test.run();
}

/** Why a test that needs `service` cannot run here; under CI=true that is a failure, elsewhere a skip. */
export function requireService(service: string, present: boolean): boolean {
  if (present) return true;
  if (process.env['CI'] === 'true')
    throw new Error(`${service} is missing, and under CI=true that is a failure`);
  process.stderr.write(`skipping: ${service} is not installed\n`);
  return false;
}
