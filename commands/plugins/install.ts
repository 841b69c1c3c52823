export { default } from '../ext/install.ts';
