import { beforeAll, expect, it } from 'vitest';
import { SqlParser } from './sql-parser.ts';

let parser: SqlParser;
beforeAll(async () => {
  parser = await SqlParser.load();
});

const count = (text: string) => {
  const parsed = parser.parse(text);
  return 'sqlstate' in parsed ? parsed : parsed.length;
};

it('counts statements; comments and blanks are none', () => {
  expect(count('select 1; select 2;')).toBe(2);
  expect(count('')).toBe(0);
  expect(count(' -- nothing\n')).toBe(0);
  expect(count(';;')).toBe(0);
});

it("says in PostgreSQL's words what it can't parse, and where, in characters", () => {
  expect(count("select 'äöü' frm x y")).toEqual({
    sqlstate: '42601',
    message: 'syntax error at or near "x"',
    position: 18,
  });
});

it('refuses what would end a text early for one side', () => {
  expect(count('select 1\0; drop table x')).toMatchObject({ sqlstate: '42601' });
});

it('survives any number of expressions that exhaust its stack', async () => {
  const deep = `select ${'1+'.repeat(20_000)}1`;
  for (let i = 0; i < 60; i += 1) {
    expect(count(deep)).toMatchObject({ sqlstate: expect.stringMatching(/^(54001|53000)$/) });
    // a spare parser takes over at once, the next one is being made
    await new Promise((resolve) => setImmediate(resolve));
  }
  await expect.poll(() => count('select 1')).toBe(1);
});

it('refuses deep trees that the parser itself can take', () => {
  expect(count(`select ${'('.repeat(2000)}1${')'.repeat(2000)}`)).toBe(1);
  expect(count(`select ${'- '.repeat(2000)}x`)).toMatchObject({ sqlstate: '42501' });
});
