import { expect, test } from 'vitest';
import { connectionSettings } from './connection-settings.ts';

test('quotes what a URL and a shell would take apart', () => {
  const { url, command, env } = connectionSettings({
    protocol: 'postgres',
    host: '127.0.0.1',
    port: 15432,
    user: "o'neil@x",
    database: 'orders/2026 "q"',
    secret: 's3cret',
  });
  expect(new URL(url)).toMatchObject({ port: '15432', password: 's3cret' });
  expect(decodeURIComponent(new URL(url).username)).toBe("o'neil@x");
  expect(decodeURIComponent(new URL(url).pathname)).toBe('/orders/2026 "q"');
  // The command is one shell word in single quotes.
  expect(command).toMatch(/^psql '[^']*'$/);
  expect(env).toMatchObject({
    PGHOST: '127.0.0.1',
    PGPORT: '15432',
    PGUSER: "o'neil@x",
    PGPASSWORD: 's3cret',
    PGSSLMODE: 'disable',
  });
});
