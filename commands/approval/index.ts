export { default } from './log.ts';
