import { gallery } from './gallery.ts';

gallery('hopeless');
