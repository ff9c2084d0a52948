import type { PseudoTtyInfo, ServerChannel, Session as SshSession } from 'ssh2';
import type { WireChannel } from '../server/ssh2-wire.ts';
import type { ChannelContext } from './channel-context.ts';
import { CommandRelay, type Order } from './command-relay.ts';
import { Environment } from './environment.ts';
import { SftpChannel } from './sftp-channel.ts';
import type { Terminal, WindowSize } from './terminal.ts';

/** `undefined` where the client asked for no answer. */
type Answer = (() => unknown) | undefined;
type Accept = () => ServerChannel | undefined;

/**
 * A `session` channel that the client opened: what it is told first, and then what runs in it. Agent and X11
 * forwarding are refused by ssh2, as nobody listens for them; so are all subsystems but SFTP.
 */
export function serveSessionChannel(session: SshSession, context: ChannelContext): void {
  const { guard } = context;
  const environment = new Environment();
  let terminal: Terminal | undefined;
  let relay: CommandRelay | undefined;

  const run = (accept: Accept, about: Pick<Order, 'kind' | 'command'>) => {
    const stream = accept();
    if (stream === undefined) return;
    const order = { ...about, terminal, environment: environment.variables };
    relay = new CommandRelay(wire(stream), order, context);
    void relay.start();
  };

  session.on('error', () => undefined);
  session.on('pty', (accept: Answer, _reject: Answer, info: PseudoTtyInfo) => {
    const { term, cols, rows, width, height } = info;
    terminal = { term, cols, rows, width, height, modes: context.client.terminalModes };
    accept?.();
  });
  session.on('window-change', (accept: Answer, _reject: Answer, info: WindowSize) =>
    guard(() => {
      const { cols, rows, width, height } = info;
      if (relay !== undefined) relay.resize({ cols, rows, width, height });
      else if (terminal !== undefined) terminal = { ...terminal, cols, rows, width, height };
      accept?.();
    }),
  );
  session.on('env', (accept: Answer, reject: Answer, { key, val }: { key: string; val: string }) => {
    if (environment.add(key, val)) accept?.();
    else reject?.();
  });
  session.on('signal', (accept: Answer, _reject: Answer, { name }: { name: string }) =>
    guard(() => {
      relay?.signal(name);
      accept?.();
    }),
  );
  session.on('shell', (accept: Accept) => guard(() => run(accept, { kind: 'shell' })));
  session.on('exec', (accept: Accept, _reject: Answer, { command }: { command: string }) =>
    guard(() => run(accept, { kind: 'exec', command })),
  );
  session.on('subsystem', (accept: Accept, reject: Answer, { name }: { name: string }) =>
    guard(() => {
      if (name !== 'sftp') return void reject?.();
      const stream = accept();
      if (stream !== undefined) new SftpChannel(wire(stream), context).start();
    }),
  );
}

const wire = (channel: ServerChannel): WireChannel => channel as unknown as WireChannel;
