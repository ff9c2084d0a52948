import { describe, expect, it } from 'vitest';
import { checkStartupSettings } from './startup-settings.ts';

const check = (parameters: Record<string, string>) =>
  checkStartupSettings(new Map(Object.entries({ user: 'alice', ...parameters })));

describe('what a startup message may ask for', () => {
  it('passes harmless settings on, whatever their case, also out of options', () => {
    expect(
      check({ DateStyle: 'ISO', options: '-c statement_timeout=5s --lock-timeout=1s -csearch_path=a\\ b' })
        .settings,
    ).toEqual({
      datestyle: 'ISO',
      statement_timeout: '5s',
      lock_timeout: '1s',
      search_path: 'a b',
    });
  });

  it.each(['UTF8', 'utf-8', "'utf-8'", 'UNICODE', 'SQL_ASCII'])(
    'takes client_encoding %s, and never passes it on',
    (name) => {
      expect(check({ client_encoding: name }).settings).toEqual({});
    },
  );

  it.each([
    [{ client_encoding: 'LATIN1' }, '0A000', /client_encoding LATIN1/],
    [{ options: '-c client_encoding=SJIS' }, '0A000', /SJIS/],
    [{ session_replication_role: 'replica' }, '0A000', /session_replication_role/],
    [{ options: '-c role=postgres' }, '0A000', /setting role/],
    [{ options: '-d 5' }, '0A000', /option -d/],
    [{ replication: 'database' }, '0A000', /replication/],
    [{ user: '' }, '28000', /no user/],
  ])('refuses %j', (parameters, sqlstate, message) => {
    expect(() => check(parameters)).toThrow(
      expect.objectContaining({
        message: expect.stringMatching(message),
        refusal: expect.objectContaining({ sqlstate }),
      }),
    );
  });

  it("takes the user's name as database for none, as libpq sends it", () => {
    expect(check({ database: 'alice' }).database).toBe('');
    expect(check({ database: 'orders' }).database).toBe('orders');
  });

  it('names protocol options that it does not know', () => {
    expect(check({ '_pq_.command_tag': '1' }).unknownOptions).toEqual(['_pq_.command_tag']);
  });
});
