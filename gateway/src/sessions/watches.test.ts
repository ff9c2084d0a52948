import { expect, it } from 'vitest';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { newId } from '../new-id.ts';
import { Watches } from './watches.ts';

function watches() {
  const clock = new ManualClock();
  const problems: unknown[] = [];
  const logger = { error: (fields: object) => void problems.push(fields) };
  return { clock, problems, watches: new Watches({ clock, logger }) };
}
const whose = newId('usr');
/** Lets what was looked up arrive. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

it('cuts off who may no longer watch, as soon as it is told of a change', async () => {
  const { watches: all } = watches();
  let may = true;
  const watch = all.begin(whose, async () => may);
  const other = all.begin(whose, async () => true);
  await all.recheck();
  expect(watch.signal.aborted).toBe(false);
  may = false;
  await all.recheck();
  expect(watch.signal.reason).toMatchObject({ message: expect.stringContaining('has ended') });
  expect(other.signal.aborted).toBe(false);
});

it('looks every 3 s by itself, and no longer once nobody watches', async () => {
  const { clock, watches: all } = watches();
  let looked = 0;
  const watch = all.begin(whose, async () => {
    looked++;
    return looked < 3;
  });
  for (let look = 0; look < 5; look++) {
    clock.advance(3_000);
    await settled();
  }
  expect(looked).toBe(3);
  expect(watch.signal.aborted).toBe(true);
});

it('takes what it can not find out for a no', async () => {
  const { problems, watches: all } = watches();
  const watch = all.begin(whose, () => Promise.reject(new Error('the store is gone')));
  await all.recheck();
  expect(watch.signal.aborted).toBe(true);
  expect(problems).toHaveLength(1);
});

it('lets one person watch so many sessions and no more, and others theirs', () => {
  const { watches: all } = watches();
  const yes = async () => true;
  const own = Array.from({ length: 50 }, () => all.begin(whose, yes));
  expect(() => all.begin(whose, yes)).toThrow(expect.objectContaining({ code: 'rate_limited' }));
  all.begin(newId('usr'), yes);
  own[0]?.end();
  all.begin(whose, yes);
});
