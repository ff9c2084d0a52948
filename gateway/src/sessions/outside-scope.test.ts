import type { AccessScope } from '@drawbridge/contract';
import { describe, expect, it } from 'vitest';
import type { Action } from '../policy/decision.ts';
import { outsideScope } from './outside-scope.ts';

const TABLES: AccessScope = { tables: ['public.orders', 'Sales.*'] };
const COMMANDS: AccessScope = { commands: ['uptime', '/usr/bin/df'] };

const sql = (name: Action['name'], object?: string): Action => ({
  name,
  ...(object !== undefined && { object }),
  context: { verb: 'select', tables: [], hasWhere: false, functions: [] },
});
const run = (program: string, ...words: string[]): Action => ({
  name: 'ssh.exec',
  context: { command: [program, ...words].join(' '), program, arguments: words },
});

describe('access narrowed to tables', () => {
  it.each<[string, Action]>([
    ['reading one of them', sql('sql.read', 'public.orders')],
    ['writing one of them', sql('sql.write', 'public.orders')],
    ['copying one of them', sql('sql.copy', 'public.orders')],
    ['changing one of them', sql('sql.ddl', 'public.orders')],
    ['any table of a schema', sql('sql.read', 'Sales.Invoices')],
    ['computing', sql('sql.read')],
    ['the catalog', sql('sql.read', 'pg_catalog.pg_class')],
    ['the information schema', sql('sql.read', 'information_schema.columns')],
    ['settings and transactions', sql('sql.session')],
    ['seeing a masked column of one of them', sql('data.reveal', 'public.orders.note')],
  ])('leaves %s', (_, action) => {
    expect(outsideScope(TABLES, action)).toBeUndefined();
  });

  it.each<[string, Action]>([
    ['another table', sql('sql.read', 'public.customers')],
    ['a table that begins like one', sql('sql.read', 'public.orders_archive')],
    ['a schema written in another case', sql('sql.read', 'sales.invoices')],
    ['a name without its schema', sql('sql.read', 'orders')],
    ['a name that has a dot in it', sql('sql.read', 'Sales.a.b')],
    ['locking another table', sql('sql.session', 'public.customers')],
    ['what a function reads', sql('sql.read', 'Sales.total()')],
    ['code', sql('sql.exec', 'Sales.f')],
    ['code that is not named', sql('sql.exec')],
    ['what is not understood', sql('sql.unanalyzable')],
    ['what is not understood of one of them', sql('sql.unanalyzable', 'public.orders')],
    ['changing what is no table', sql('sql.ddl')],
    ['copying what a query gives', sql('sql.copy')],
    ['writing to the catalog', sql('sql.write', 'pg_catalog.pg_class')],
    ['statistics, which hold values', sql('sql.read', 'pg_catalog.pg_stats')],
    ['what others are running', sql('sql.read', 'pg_catalog.pg_stat_activity')],
    ['seeing a masked column of another', sql('data.reveal', 'public.customers.ssn')],
    ['a command', run('uptime')],
  ])('leaves out %s', (_, action) => {
    expect(outsideScope(TABLES, action)).toMatch(
      /^this access was narrowed to public\.orders, Sales\.\*, which leaves out /,
    );
  });

  it('says which table is left out', () => {
    expect(outsideScope(TABLES, sql('sql.read', 'public.customers'))).toContain(
      'sql.read of public.customers',
    );
  });

  it('does not name a hundred of them', () => {
    const tables = Array.from({ length: 100 }, (_, n) => `public.t${n}`);
    expect(outsideScope({ tables }, sql('sql.exec'))).toContain('public.t4 and 95 more,');
  });
});

describe('access narrowed to commands', () => {
  it.each<[string, Action]>([
    ['one of them', run('uptime')],
    ['its arguments', run('uptime', '-p')],
    ['one that was named by its path', run('/usr/bin/df', '-h')],
    ['throwing output away', run('uptime', '>/dev/null')],
    ['a comparison as an argument', run('uptime', 'a>b')],
  ])('leaves %s', (_, action) => {
    expect(outsideScope(COMMANDS, action)).toBeUndefined();
  });

  const other = (name: Action['name'], context: Action['context']): Action => ({ name, context });
  it.each<[string, Action]>([
    ['another command', run('cat', '/etc/passwd')],
    ['the same name somewhere else', run('/tmp/uptime')],
    ['the same name without its path', run('df')],
    ['what only writes a file', run('', '>/etc/motd')],
    ['one whose output goes to a file', run('uptime', '>>/etc/motd')],
    ['one that reads a file', run('uptime', '<secret')],
    ['one whose errors and output go to a file', run('uptime', '&>log')],
    [
      'a command that is not understood',
      other('ssh.unanalyzable', { command: '$x', program: '', arguments: [] }),
    ],
    ['a shell', other('ssh.shell', { command: '', program: '', arguments: [] })],
    ['reading files', other('ssh.sftp.read', { operation: 'read', path: '/etc/passwd' })],
    ['writing files', other('ssh.sftp.write', { operation: 'write', path: '/tmp/uptime' })],
    ['forwarding', other('ssh.forward', { host: 'db', port: 5432, direction: 'out' })],
    ['a statement', sql('sql.read')],
  ])('leaves out %s', (_, action) => {
    expect(outsideScope(COMMANDS, action)).toMatch(
      /^this access was narrowed to uptime, \/usr\/bin\/df, which/,
    );
  });
});

it('leaves everything where access was not narrowed', () => {
  for (const action of [sql('sql.exec'), run('reboot')])
    expect(outsideScope(undefined, action)).toBeUndefined();
});
