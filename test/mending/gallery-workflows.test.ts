import { gallery } from './gallery.ts';

gallery('workflows');
