export { default } from '../ext/distrust.ts';
