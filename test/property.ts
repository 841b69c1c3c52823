/**
 * Properties over made cases, by fast-check. The cases are the same each time, so that a red test tells of a change and
 * not of luck; `npm run campaign -- properties` has others made, as `PROPERTY_SEED` says.
 */
import fc from 'fast-check';

const seed = Number(process.env['PROPERTY_SEED'] ?? 1);
if (!Number.isInteger(seed)) throw new Error('PROPERTY_SEED wants a whole number');
fc.configureGlobal({ seed });

export default fc;
