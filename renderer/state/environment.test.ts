import { expect, it } from 'vitest';
import { readProfile } from '../test-support/objects.ts';
import { initials } from '../theme/initials.ts';
import { environmentOf } from './environment.ts';
import { allowedText, profileSummary } from './profile-text.ts';

it('recognises production by its label, however it is written', () => {
  expect(environmentOf({ env: 'prod' })).toEqual({ production: true, name: 'Production' });
  expect(environmentOf({ environment: 'Production' })).toEqual({ production: true, name: 'Production' });
  expect(environmentOf({ env: 'staging' })).toEqual({ production: false, name: 'Staging' });
  expect(environmentOf({ env: 'sandbox' })).toEqual({ production: false, name: 'Sandbox' });
  expect(environmentOf({})).toEqual({ production: false, name: undefined });
});

it('says what a profile allows in SQL’s words', () => {
  expect(allowedText(['sql.read', 'sql.session'])).toBe('SELECT only');
  expect(allowedText(['sql.read', 'sql.write'])).toBe('SELECT, INSERT, UPDATE, DELETE');
  expect(allowedText(['ssh.shell'])).toBe('ssh.shell');
  expect(allowedText([])).toBe('Nothing');
  expect(profileSummary(readProfile, [])).toBe('SELECT only.');
  expect(
    profileSummary(readProfile, [{ column: 'public.customers.email', mask: 'email', rule: 'pii' }]),
  ).toBe('SELECT only. One column is masked.');
});

it('takes initials of people in any script', () => {
  expect(initials('Alice Moreau')).toBe('AM');
  expect(initials('deploy-bot')).toBe('DB');
  expect(initials('erin')).toBe('ER');
  expect(initials('')).toBe('?');
});
