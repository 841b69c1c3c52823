import { gallery } from './gallery.ts';

gallery('tools');
