import { gallery } from './gallery.ts';

gallery('steps');
