export { default } from './check.ts';
