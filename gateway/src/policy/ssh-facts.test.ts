import { readFile } from 'node:fs/promises';
import { type ActionName, Document, type PolicyDocument, UserId } from '@drawbridge/contract';
import { describe, expect, it } from 'vitest';
import { parseDocument } from 'yaml';
import { createPolicyEngine } from './engine.ts';
import { compilePolicies } from './policy-set.ts';
import type { Facts } from './question.ts';

function decide(cedar: string, action: ActionName, facts: Facts['action'], groups = ['deployers']) {
  const compiled = compilePolicies([{ name: 'p', cedar }]);
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.problems));
  const engine = createPolicyEngine({ clock: { now: () => 0 }, policies: compiled.set });
  const { verdict } = engine.decide({
    principal: {
      kind: 'user',
      id: UserId.parse('usr_01977f2e-0000-7000-8000-000000000001'),
      provider: 'demo',
      subject: 'alice',
      name: 'alice',
      displayName: 'Alice',
      groups,
    },
    action,
    resource: { name: 'build-box', protocol: 'ssh', labels: { env: 'prod' } },
    facts: { profile: 'ops', duration: 60, ...(facts === undefined ? {} : { action: facts }) },
  });
  return verdict;
}

describe('policies on SSH', () => {
  it('tell files apart by their path, as docs/ssh-files.md shows', async () => {
    const page = await readFile(new URL('../../../docs/ssh-files.md', import.meta.url), 'utf8');
    const example = /```yaml\n([\s\S]*?)\n```/.exec(page)?.[1] ?? '';
    const { cedar } = Document.parse(parseDocument(example).toJS()) as PolicyDocument;
    const at = (path: string) => decide(cedar, 'ssh.sftp.write', { operation: 'open', path });
    expect(at('/srv/app')).toBe('allow');
    expect(at('/srv/app/current/index.html')).toBe('allow');
    expect(at('/srv/application')).toBe('deny');
    expect(at('/etc/shadow')).toBe('deny');
    expect(decide(cedar, 'ssh.sftp.write', undefined)).toBe('deny');
  });

  it('tell apart where a forward leads, and whether the host is to listen', () => {
    const cedar =
      'permit (principal, action == Action::"ssh.forward", resource) when { context.host == "localhost" && context.port == 5432 && context.direction == "out" };';
    const to = (host: string, port: number, direction: string) =>
      decide(cedar, 'ssh.forward', { host, port, direction });
    expect(to('localhost', 5432, 'out')).toBe('allow');
    expect(to('localhost', 5432, 'in')).toBe('deny');
    expect(to('localhost', 22, 'out')).toBe('deny');
    expect(to('10.0.0.1', 5432, 'out')).toBe('deny');
  });
});
