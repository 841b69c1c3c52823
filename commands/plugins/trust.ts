export { default } from '../ext/trust.ts';
