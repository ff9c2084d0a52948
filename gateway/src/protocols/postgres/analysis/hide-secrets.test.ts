import { beforeAll, describe, expect, it } from 'vitest';
import { hideSecrets, hideSuspects } from './hide-secrets.ts';
import { SqlParser } from './sql-parser.ts';

let parser: SqlParser;
beforeAll(async () => {
  parser = await SqlParser.load();
});

const recorded = (text: string): string => {
  const parsed = parser.parse(text);
  return 'sqlstate' in parsed ? hideSuspects(text) : hideSecrets(text, parsed);
};

describe('what is recorded holds no password', () => {
  it.each([
    ["create role x password 'hush'", "create role x password '(hidden)'"],
    [
      "alter user x with encrypted password 'hu''sh' valid until '2030-01-01'",
      "alter user x with encrypted password '(hidden)' valid until '(hidden)'",
    ],
    [
      "select 'ä'; alter role \"it's\" password E'hu\\'sh'; select 'kept'",
      "select 'ä'; alter role \"it's\" password '(hidden)'; select 'kept'",
    ],
    ['create role x password $tag$hush$tag$', "create role x password '(hidden)'"],
    [
      "create role x /* it's */ password -- it's\n 'hush'",
      "create role x /* it's */ password -- it's\n '(hidden)'",
    ],
    ["create role x password U&'hu\\0073h'", "create role x password '(hidden)'"],
    [
      "create user mapping for x server s options (user 'u', password 'hush')",
      "create user mapping for x server s options (user '(hidden)', password '(hidden)')",
    ],
    [
      "create subscription s connection 'password=hush' publication p",
      "create subscription s connection '(hidden)' publication p",
    ],
    ["alter system set primary_conninfo = 'password=hush'", "alter system set primary_conninfo = '(hidden)'"],
    ["alter rol x password 'hush'", "alter rol x password '(hidden)'"],
    ["alter role x password 'hush", "alter role x password '(hidden)'"],
  ])('%s', (text, expected) => expect(recorded(text)).toBe(expected));
});

it('other texts are recorded as they came', () => {
  const text = "select 'password', $$x$$ from t -- 'y'";
  expect(recorded(text)).toBe(text);
});
