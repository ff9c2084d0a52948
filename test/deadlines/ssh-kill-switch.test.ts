import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DocumentInput, Grant } from '@drawbridge/contract';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { SignedIn } from '../support/signed-in.ts';
import { HOST, OPENSSH, type RunningProgram, type SshWorld, startSshWorld } from '../support/ssh-world.ts';

/** What CONTROLS promise, in ms. */
const AT_ONCE = 1000;
let world: SshWorld;
beforeAll(async () => {
  const heldCommands: DocumentInput = {
    kind: 'Policy',
    name: 'touching-is-looked-at',
    cedar: `@approve("dba") forbid (principal, action == Action::"ssh.exec", resource)
      when { context.program == "touch" } unless { context.approved };`,
  };
  world = await startSshWorld([heldCommands]);
});
afterAll(() => world?.stop());

/** The one that she has, or a new one. */
async function usableGrant(): Promise<Grant> {
  const { grants } = await world.alice.api.call('listGrants', { query: {} });
  const usable = grants.find(({ state }) => state === 'approved' || state === 'active');
  return usable ?? world.alice.gets(OPENSSH, { profile: 'shell' });
}

/** Programs at the target that have this in their command line: what sshd started for a session. */
function atTheTarget(mark: string): string[] {
  const lines = execFileSync('ps', ['-A', '-o', 'args=']).toString().split('\n');
  return lines.filter((line) => line.includes(mark) && !line.includes('ssh -F'));
}

/** Ports of clients that are signed in at the target's sshd. What it ran for them without a terminal is its own to end. */
function connectionsAtTheTarget(): string[] {
  const log = world.server.log();
  const ports = (words: string) =>
    [...log.matchAll(new RegExp(`${words} .*port (\\d+)`, 'g'))].map(([, port]) => port);
  const gone = new Set([
    ...ports('Disconnected from'),
    ...ports('Connection closed by'),
    ...ports('Connection reset by'),
    // Followed by what failed: it was writing.
    ...ports('Connection from user'),
  ]);
  return ports('Accepted publickey').flatMap((port) => (port === undefined || gone.has(port) ? [] : [port]));
}

interface Live {
  readonly program: RunningProgram;
  /** When the client's program ended, by `performance.now()`. */
  readonly ended: Promise<number>;
}

/** A shell on a terminal, a command that says nothing, one that never stops talking, and one whose client doesn't read. */
async function everyKind(mark: string): Promise<{ quiet: Live[]; flooded: RunningProgram[] }> {
  const start = (args: string[], counted = false) =>
    world.start('ssh', ['-F', world.config, ...args], { open: true, counted });
  const live = (program: RunningProgram): Live => ({
    program,
    ended: program.ended.then(() => performance.now()),
  });
  const shell = start(['-tt', HOST, `exec -a ${mark}-shell bash --norc`]);
  const silent = start([HOST, `exec -a ${mark}-silent sleep 600`]);
  const chatty = start([HOST, `exec -a ${mark}-chatty yes chatty`], true);
  const deaf = start([HOST, `exec -a ${mark}-deaf yes deaf`], true);
  deaf.child.stdout?.pause();
  await expect
    .poll(() => new Set(atTheTarget(mark).map((line) => line.split(' ')[0])).size, { timeout: 20_000 })
    .toBe(4);
  await expect.poll(() => chatty.said()).toBeGreaterThan(100_000);
  return { quiet: [shell, silent].map(live), flooded: [chatty, deaf] };
}

describe('access to a host ends within a second', () => {
  it('while a command waits for an approval, and the command never runs', async () => {
    const bob = await SignedIn.at(world.demo.demo.url, 'bob');
    const grant = await usableGrant();
    const path = join(tmpdir(), `drawbridge-held-${process.pid}`);
    const program = world.start('ssh', ['-F', world.config, HOST, `touch ${path}`], { open: true });
    const pending = { scope: 'reviewable', state: 'pending' } as const;
    const held = async () => (await bob.api.call('listCommandReviews', { query: pending })).reviews;
    await expect.poll(async () => (await held()).map(({ text }) => text)).toEqual([`touch ${path}`]);
    const [review] = await held();
    await world.alice.api.call('revokeGrant', { params: { id: grant.id }, body: {} });
    const answered = performance.now();
    expect((await program.ended).status).toBe(255);
    expect(performance.now() - answered).toBeLessThan(AT_ONCE);
    expect(program.stderr()).toMatch(/drawbridge: access to openssh ended: grant ended by its holder/);
    const params = { id: review?.id ?? expect.fail('Nothing was held.') };
    await expect
      .poll(async () => (await bob.api.call('getCommandReview', { params })).state)
      .toBe('withdrawn');
    expect(existsSync(path)).toBe(false);
  });

  it.each([
    {
      name: 'when the grant is revoked',
      end: async ({ id }: Grant) =>
        void (await world.alice.api.call('revokeGrant', { params: { id }, body: {} })),
      words: /drawbridge: access to openssh ended: grant ended by its holder/,
    },
    {
      name: 'when policy changes',
      end: async () => {
        const cedar = `forbid (principal, action == Action::"access.connect", resource == Resource::"${OPENSSH}");`;
        await world.erin.api.call('apply', {
          body: { documents: [{ kind: 'Policy', name: 'stop', cedar }] },
        });
      },
      words: /drawbridge: access to openssh ended: policy changed and no longer allows it/,
      after: async () => {
        await world.erin.api.call('removeDocument', { params: { kind: 'Policy', name: 'stop' } });
      },
    },
    {
      name: 'when its resource is removed',
      end: async () => {
        const params = { kind: 'Resource', name: OPENSSH } as const;
        await world.erin.api.call('removeDocument', { params });
      },
      words: /drawbridge: access to openssh ended: .*removed/,
    },
  ])('$name', async ({ name, end, words, after }) => {
    // Also where it fails: the next one needs its access.
    onTestFinished(() => after?.());
    const mark = `drawbridge-${process.pid}-${name.replaceAll(' ', '-')}`;
    const grant = await usableGrant();
    const { quiet, flooded } = await everyKind(mark);
    await end(grant);
    const answered = performance.now();
    for (const { program, ended } of quiet) {
      expect((await ended) - answered).toBeLessThan(AT_ONCE);
      expect((await program.ended).status).toBe(255);
      expect(`${program.stdout().slice(-2000)}${program.stderr()}`).toMatch(words);
    }
    await expect.poll(connectionsAtTheTarget, { timeout: AT_ONCE, interval: 20 }).toEqual([]);
    // What was on its way to them comes first, and the end after it.
    for (const { child, ended } of flooded) {
      child.stdout?.resume();
      expect((await ended).status).toBe(255);
    }
    const open = async () => {
      const { sessions } = await world.carol.api.call('listSessions', { query: { resource: OPENSSH } });
      return sessions.filter(({ state }) => state !== 'closed');
    };
    // Sealed only after its client is gone.
    await expect.poll(open, { timeout: AT_ONCE, interval: 20 }).toEqual([]);
  });
});
