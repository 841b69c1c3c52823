import { type World, world } from '../world.ts';

/** A world with one commit, for the time of `run`. */
export async function within(run: (place: World) => Promise<void>): Promise<void> {
  const place = world();
  try {
    place.start();
    await run(place);
  } finally {
    place.close();
  }
}
