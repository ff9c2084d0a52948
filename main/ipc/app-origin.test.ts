import { expect, test } from 'vitest';
import { APP_PAGE, isAppPage, isAppUrl } from './app-origin.ts';

test('knows its own page', () => {
  expect(isAppUrl(APP_PAGE)).toBe(true);
  expect(isAppPage(APP_PAGE)).toBe(true);
  expect(isAppPage('drawbridge-app://app/')).toBe(true);
});

test.each([
  'https://app/index.html',
  'drawbridge-app://app.evil.example/',
  'drawbridge-app://evil/',
  'drawbridge-app://app@evil/',
  'drawbridge-app://user@app/',
  'drawbridge-app://app:81/',
  'drawbridge-app-x://app/',
  'file:///etc/passwd',
  'about:blank',
  'data:text/html,<script>1</script>',
  'javascript:alert(1)',
  '',
  'drawbridge-app://',
])('takes %s for somebody else’s', (address) => {
  expect(isAppUrl(address)).toBe(false);
  expect(isAppPage(address)).toBe(false);
});

test('takes other files of its own origin for no page', () => {
  expect(isAppPage('drawbridge-app://app/assets/x.js')).toBe(false);
});
