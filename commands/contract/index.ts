export { default } from './audit.ts';
