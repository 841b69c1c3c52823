import * as assert from 'uvu/assert';
import { sandboxFault } from '../../src/workflow/index.ts';
import { suite } from '../suite.ts';
import { complaints, ROOMS, shares, showAll } from './gallery/index.ts';

/**
 * A room of the gallery as a suite, one exhibit of each fixer; all of them are `npm run campaign -- repair`. What is
 * promised of all is asked of each.
 */
export function gallery(room: string): void {
  const exhibits = [...Map.groupBy(ROOMS[room] ?? [], ({ fixer, title }) => fixer || title).values()].flatMap(
    ([first]) => first ?? [],
  );
  suite(`the gallery of broken repositories: ${room}`, (test) => {
    test('the cause is found, the fix passes, nothing that passed fails, and the tree is left alone', async () => {
      const fault = sandboxFault();
      if (fault !== undefined) {
        assert.not(process.env['CI'] === 'true', fault);
        return;
      }
      const { shown, without } = await showAll(exhibits);
      for (const { title, needs } of without)
        process.stdout.write(`\nfigure: ${title}: not shown without ${needs?.join(', ')}\n`);
      const { broken, found, fixable, fixed } = shares(shown);
      process.stdout.write(
        `\nfigure: ${room}: ${shown.length} repositories, causes ${found}/${broken}, fixed ${fixed}/${fixable}\n`,
      );
      const bad = complaints(shown);
      for (const { exhibit, broke, untouched, proposed, said, told } of shown) {
        assert.is(broke, null, exhibit.title);
        assert.ok(untouched, `${exhibit.title}: the work tree was changed`);
        assert.ok(said, `${exhibit.title}: its exit status\n${told}`);
        if (exhibit.fixer === '') assert.not(proposed, `${exhibit.title}\n${bad.join('\n')}`);
      }
      assert.ok(found >= 0.9 * broken, bad.join('\n\n'));
      assert.ok(fixed >= 0.8 * fixable, bad.join('\n\n'));
    });
  });
}
