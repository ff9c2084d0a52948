import { expect, test } from 'vitest';
import { gatewayUrl } from './gateway-url.ts';

test.each([
  ['https://drawbridge.example.com/', 'https://drawbridge.example.com'],
  ['drawbridge.example.com', 'https://drawbridge.example.com'],
  ['HTTPS://Drawbridge.Example.com/eu//', 'https://drawbridge.example.com/eu'],
  ['http://127.0.0.1:7443', 'http://127.0.0.1:7443'],
  ['localhost:7443', 'http://localhost:7443'],
  ['http://[::1]:7443/', 'http://[::1]:7443'],
  ['https://drawbridge.example.com:443?x=1#y', 'https://drawbridge.example.com'],
])('%s is %s', (text, url) => expect(gatewayUrl(text)).toBe(url));

test.each([
  'http://drawbridge.example.com',
  'http://127.0.0.1.example.com',
  'ftp://x',
  'https://',
  'https://alice:secret@x.example',
  '',
])('%s is refused', (text) => {
  expect(() => gatewayUrl(text)).toThrow(expect.objectContaining({ code: 'invalid_gateway_url' }));
  try {
    gatewayUrl(text);
  } catch (error) {
    expect(String(error)).not.toContain('secret');
  }
});
