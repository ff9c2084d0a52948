import { expect, test } from 'vitest';
import { ShellConsent } from './shell-consent.ts';

test('asks once, however many shells open meanwhile', async () => {
  let asked = 0;
  const consent = new ShellConsent(async () => {
    asked += 1;
    return true;
  });
  await Promise.all([consent.need(), consent.need()]);
  await consent.need();
  expect(asked).toBe(1);
});

test('opens none where the person says no, and asks again the next time', async () => {
  const answers = [false, true];
  const consent = new ShellConsent(async () => answers.shift() ?? false);
  await expect(consent.need()).rejects.toMatchObject({ code: 'shell_declined' });
  await consent.need();
});
