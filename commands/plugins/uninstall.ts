export { default } from '../ext/uninstall.ts';
