export { default } from '../ext/list.ts';
