export { default } from './query.ts';
