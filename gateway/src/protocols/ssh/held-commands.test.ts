import type { ServerChannel, Session as TargetSession } from 'ssh2';
import { afterEach, describe, expect, it } from 'vitest';
import {
  begin,
  outcomeOf,
  type SshWorld,
  startSshWorld,
  startTargetHost,
} from '../../../../test/support/ssh-relay-world.ts';

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** A target that says what it was asked to run, and with which window, behind a gateway where all is held. */
async function world(): Promise<SshWorld & { heard: string[] }> {
  const heard: string[] = [];
  const finish = (channel: ServerChannel, text: string) => {
    channel.write(`ran ${text}\n`);
    channel.exit(0);
    channel.end();
  };
  const host = await startTargetHost((session: TargetSession) => {
    session.on('pty', (accept, _reject, { cols, rows }) => {
      heard.push(`${cols}x${rows}`);
      accept();
    });
    session.on('exec', (accept, _reject, { command }) => {
      heard.push(command);
      finish(accept(), command);
    });
    session.on('shell', (accept) => {
      heard.push('a shell');
      const channel = accept();
      channel.on('data', (typed: Buffer) => finish(channel, typed.toString()));
    });
  });
  cleanups.push(() => host.close());
  const made = await startSshWorld(host.credential, {
    session: {
      reviewed: true,
      decide: () => ({
        verdict: 'needs',
        policies: ['all-reviewed'],
        requirements: [{ kind: 'approve', policy: 'all-reviewed', count: 1, groups: ['dba'] }],
      }),
    },
  });
  cleanups.push(() => made.close());
  return { ...made, heard };
}

const PTY = { term: 'xterm', cols: 80, rows: 24 };

describe('a held command', () => {
  it('waits, says so, and runs once it is approved', async () => {
    const { signIn, heard } = await world();
    const { client, session } = await signIn();
    const { channel, outcome } = await begin(client, 'systemctl restart shop');
    channel.end('input\n');
    const { asked, held, approve } = await session.reviewers.next();
    expect(held).toMatchObject({ kind: 'command', text: 'systemctl restart shop' });
    expect(heard).toEqual([]);
    approve();
    const { stdout, stderr, exit } = await outcome;
    expect(stdout.toString()).toBe('ran systemctl restart shop\n');
    expect(stderr.toString()).toBe(
      `drawbridge: held for approval of dba until 12:35:10 UTC (${asked.id}), Ctrl-C withdraws it\n`,
    );
    expect(exit).toEqual([0]);
    expect(session.events('channel')).toMatchObject([{ decision: 'allow', review: asked.id }]);
    expect(session.uses).toMatchObject([{ answer: { verdict: 'allow', review: asked.id } }]);
  });

  it('is refused with the reason where it is denied', async () => {
    const { signIn, heard } = await world();
    const { client, session } = await signIn();
    const { outcome } = await begin(client, 'reboot');
    (await session.reviewers.next()).deny('not today');
    const { stderr, exit } = await outcome;
    expect(stderr.toString()).toContain('drawbridge: Bob denied it: not today\n');
    expect(exit).toEqual([126]);
    expect(heard).toEqual([]);
    expect(session.events('channel')).toMatchObject([
      {
        decision: 'deny',
        reason: 'Bob denied it: not today',
        review: session.reviewers.questions[0]?.asked.id,
      },
    ]);
  });

  it('is withdrawn by a signal', async () => {
    const { signIn, heard } = await world();
    const { client, session } = await signIn();
    const { channel, outcome } = await begin(client, 'reboot');
    const question = await session.reviewers.next();
    channel.signal('INT');
    expect((await outcome).exit).toEqual([130]);
    expect(question.state()).toBe('withdrawn');
    expect(heard).toEqual([]);
  });

  it('is withdrawn when its channel or its connection closes', async () => {
    const { signIn, heard } = await world();
    const { client, session, end } = await signIn();
    const { channel } = await begin(client, 'reboot');
    const question = await session.reviewers.next();
    channel.close();
    await expect.poll(question.state).toBe('withdrawn');
    await begin(client, 'reboot');
    const second = await session.reviewers.next();
    client.destroy();
    await end;
    await expect.poll(second.state).toBe('withdrawn');
    expect(heard).toEqual([]);
  });

  it('ends with its session', async () => {
    const { signIn, heard } = await world();
    const { client, session, end } = await signIn();
    const { outcome } = await begin(client, 'reboot');
    const question = await session.reviewers.next();
    session.end('grant_revoked', 'access to build-box ended: revoked by Bob');
    expect((await outcome).stderr.toString()).toContain('revoked by Bob');
    await end;
    question.approve();
    expect(question.state()).toBe('withdrawn');
    expect(heard).toEqual([]);
  });
});

describe('a held shell', () => {
  it('is withdrawn by Ctrl-C', async () => {
    const { signIn, heard } = await world();
    const { client, session } = await signIn();
    const outcome = new Promise<Awaited<ReturnType<typeof outcomeOf>>>((resolve, reject) =>
      client.shell(PTY, (error, channel) => {
        if (error) return reject(error);
        channel.write('ls\r\x03');
        resolve(outcomeOf(channel));
      }),
    );
    const { stderr, exit } = await outcome;
    expect(stderr.toString()).toContain('\rdrawbridge: interrupted; its review is withdrawn\r\n');
    expect(exit).toEqual([130]);
    expect(session.reviewers.questions[0]?.state()).toBe('withdrawn');
    expect(heard).toEqual([]);
  });

  it('gets what was typed meanwhile, and the window as it is then', async () => {
    const { signIn, heard } = await world();
    const { client, session } = await signIn();
    const outcome = new Promise<Awaited<ReturnType<typeof outcomeOf>>>((resolve, reject) =>
      client.shell(PTY, (error, channel) => {
        if (error) return reject(error);
        channel.write('uptime\r');
        channel.setWindow(40, 120, 0, 0);
        resolve(outcomeOf(channel));
      }),
    );
    const { held, approve } = await session.reviewers.next();
    expect(held.text).toBe('a shell');
    // What comes later in the connection is there, so what came before is, too.
    await begin(client, 'true');
    await session.reviewers.next();
    approve();
    expect((await outcome).stdout.toString()).toBe('ran uptime\r\n');
    expect(heard).toEqual(['120x40', 'a shell']);
    expect(session.events('channel')[0]?.terminal).toMatchObject({ columns: 120, rows: 40 });
  });
});
