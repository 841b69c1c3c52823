export { default } from './scan.ts';
