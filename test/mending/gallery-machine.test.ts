import { gallery } from './gallery.ts';

gallery('machine');
