import type { RecordingEventInput, RecordingHeader } from '@drawbridge/contract';
import type { RecordingPortEvent } from '../../main/ipc/contract.ts';

type Input = RecordingEventInput & { readonly at: number; readonly payload?: Uint8Array };
const encoder = new TextEncoder();
const green = (text: string) => `\x1b[32m${text}\x1b[0m`;
const blue = (text: string) => `\x1b[34m${text}\x1b[0m`;
const prompt = `${green('alice@build-box')}:${blue('/srv/replay')}$ `;

const inputs: Input[] = [];
let at = 0;
const say = (wait: number, channel: number, text: string) => {
  at += wait;
  const masked = text.includes('••') ? { masked: 1 } : {};
  inputs.push({ at, type: 'output', channel, stream: 'stdout', payload: encoder.encode(text), ...masked });
};
const type = (channel: number, command: string, answer: string, took = 120) => {
  for (const letter of command) say(70, channel, letter);
  say(200, channel, `\r\n`);
  say(took, channel, `${answer.replaceAll('\n', '\r\n')}\r\n${prompt}`);
};
const file = (operation: 'write' | 'read' | 'remove', path: string, more: object) => {
  at += 400;
  inputs.push({ at, type: 'file', channel: 3, operation, path, decision: 'allow', ...more } as Input);
};

inputs.push({
  at: 400,
  type: 'channel',
  channel: 1,
  kind: 'shell',
  terminal: { term: 'xterm-256color', columns: 88, rows: 24 },
  actions: ['ssh.shell'],
  decision: 'allow',
});
at = 400;
say(300, 1, `Last login: Thu Mar 12 08:11:02 2026 from 10.20.0.9\r\n${prompt}`);
at += 2_000;
type(
  1,
  'ls -lh captures/',
  'total 41M\n-rw-r--r-- 1 ci ci  12M Mar 12 11:52 \x1b[1m2026-03-12T11.jsonl\x1b[0m\n-rw-r--r-- 1 ci ci  29M Mar 12 12:58 \x1b[1m2026-03-12T12.jsonl\x1b[0m',
);
at += 9_000;
type(1, "jq -r 'select(.retry==true)|.order' captures/*T11*", '881204\n881219\n881223', 900);
at += 4_000;
type(
  1,
  'grep -n idempotency /etc/checkout/app.env',
  '14:IDEMPOTENCY_TTL=\x1b[33m0\x1b[0m\n15:IDEMPOTENCY_KEY_SECRET=••••••',
);
at += 21_000;
type(1, 'journalctl -u checkout --since 11:35 | grep -c retry', '\x1b[33m217\x1b[0m');
inputs.push({
  at: at + 3_000,
  type: 'channel',
  channel: 2,
  kind: 'exec',
  command: 'sudo reboot',
  actions: ['ssh.exec'],
  decision: 'deny',
  reason: 'policy forbids alice to run this command on build-box: nobody restarts build-box by hand',
  policies: ['no-restarts'],
});
at += 4_000;
inputs.push({ at, type: 'channel', channel: 3, kind: 'sftp', actions: [], decision: 'allow' });
file('read', '/srv/replay/captures/2026-03-12T11.jsonl', { bytes: 12_480_112 });
file('write', '/srv/replay/orders.csv', { bytes: 41_200 });
file('remove', '/etc/checkout/app.env', {
  decision: 'deny',
  reason: 'the shell profile of build-box allows no removal below /etc',
});
at += 300;
inputs.push({ at, type: 'exit', channel: 3, code: 0, bytesIn: 52_004, bytesOut: 12_500_031 });
at += 1_500;
inputs.push({
  at,
  type: 'channel',
  channel: 4,
  kind: 'exec',
  command: 'git -C /etc/checkout log -1 --format="%an %ar"',
  actions: ['ssh.exec'],
  decision: 'allow',
});
say(300, 4, 'deploy-bot 3 hours ago\n');
at += 20;
inputs.push({ at, type: 'exit', channel: 4, code: 0, bytesIn: 0, bytesOut: 23 });
at += 2_000;
inputs.push({
  at,
  type: 'channel',
  channel: 5,
  kind: 'exec',
  command: 'make -C /srv/replay check',
  actions: ['ssh.exec'],
  decision: 'allow',
});
say(600, 5, 'replay: 2 orders differ\nmake: *** [Makefile:12: check] Error 1\n');
at += 10;
inputs.push({ at, type: 'exit', channel: 5, code: 2, bytesIn: 0, bytesOut: 60 });
at += 5_000;
inputs.push({ at, type: 'resize', channel: 1, columns: 100, rows: 28 });
type(
  1,
  'journalctl -u checkout --since 11:35 | grep TTL',
  'Mar 12 11:38:02 checkout[902]: \x1b[33mwarn\x1b[0m config reloaded,\n  idempotency ttl 0 s \x1b[2m(was 86400)\x1b[0m',
);
// What a hostile host would try: none of it may leave the screen.
say(
  500,
  1,
  '\x1b]0;Approve everything\x07\x1b]52;c;ZXZpbA==\x07\x1b]8;;https://evil.example\x07a link\x1b]8;;\x07\x1b[?1003h',
);

/** What is still to come, so that it can be watched live. */
const later: readonly string[] = ['uptime', 'df -h /', 'tail -1 /var/log/checkout.log'];

/** Plays a session of shells and commands down a port; a live one goes on for a while. */
export function playShell(port: MessagePort, id: string, live: boolean): void {
  const tell = (event: RecordingPortEvent) => port.postMessage(event);
  const alice = { kind: 'user', id: 'usr_alice', name: 'alice', displayName: 'Alice Moreau' };
  const header = {
    version: 1,
    session: id,
    grant: 'grt_1',
    gateway: 'gw_1',
    principal: alice,
    resource: 'build-box',
    profile: 'shell',
    protocol: 'ssh',
    reason: 'INC-4182: why are orders replayed twice',
    approvedBy: [{ kind: 'user', id: 'usr_bob', name: 'bob', displayName: 'Bob Okafor' }],
    startedAt: live ? new Date(Date.now() - at).toISOString() : '2026-03-12T13:58:00.000Z',
    clientAddress: '127.0.0.1',
  } as unknown as RecordingHeader;
  tell({ type: 'header', header });
  let seq = 0;
  const send = (some: readonly Input[]) =>
    tell({
      type: 'events',
      events: some.map(({ payload, ...event }) => ({
        event: { ...event, seq: seq++ },
        ...(payload && { payload }),
      })),
    });
  const ended: Input[] = [
    { at: at + 9_000, type: 'exit', channel: 1, code: 0, bytesIn: 240, bytesOut: 4_180 },
    { at: at + 9_010, type: 'end', code: 'client_closed', reason: 'the client closed the connection' },
  ];
  send(inputs);
  if (!live) {
    send(ended);
    tell({ type: 'end', manifest: { crashed: false } as never });
    return;
  }
  let next = 0;
  const timer = setInterval(() => {
    const command = later[next % later.length] ?? '';
    next++;
    send([
      {
        at: at + next * 1_000,
        type: 'output',
        channel: 1,
        stream: 'stdout',
        payload: encoder.encode(`${command}\r\n14:0${next}:12 up 21 days\r\n${prompt}`),
      },
    ]);
  }, 1_000);
  port.onmessage = () => undefined;
  setTimeout(() => clearInterval(timer), 60_000);
}
