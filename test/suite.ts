import { type uvu, suite as uvuSuite } from 'uvu';
import { Assertion } from 'uvu/assert';

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
  define(Object.assign((title: string, run: uvu.Callback<Context>) => test(title, presented(run)), {
    ...test,
    only: (title: string, run: uvu.Callback<Context>) => test.only(title, presented(run)),
  }) as uvu.Test<Context>);
  test.run();
}

function presented<Context>(run: uvu.Callback<Context>): uvu.Callback<Context> {
  return async (context) => {
    try {
      await run(context);
    } catch (error) {
      throw presentable(error);
    }
  };
}

/**
 * uvu's reporter reads `name`, `details` and `operator` of what a test threw as text. Where they are none (a
 * `BitError`'s details, a thrown string) it fails itself, passes over the rest of the suite and exits 0.
 */
function presentable(thrown: unknown): Error {
  if (thrown instanceof Assertion) return thrown;
  const shown = new Error(thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown), {
    cause: thrown,
  });
  if (thrown instanceof Error && thrown.stack !== undefined) shown.stack = thrown.stack;
  return shown;
}

/** Why a test that needs `service` cannot run here; under CI=true that is a failure, elsewhere a skip. */
export function requireService(service: string, present: boolean): boolean {
  if (present) return true;
  if (process.env['CI'] === 'true')
    throw new Error(`${service} is missing, and under CI=true that is a failure`);
  process.stderr.write(`skipping: ${service} is not installed\n`);
  return false;
}

/** Milliseconds this process has computed: what bounds on work are set on, for the clock counts what others do too. */
export function processorTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
