import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { Duplex, PassThrough } from 'node:stream';

/** Where Debian, Fedora and Arch keep it. */
const PLACES = [
  '/usr/lib/openssh/sftp-server',
  '/usr/libexec/openssh/sftp-server',
  '/usr/lib/ssh/sftp-server',
  '/usr/libexec/sftp-server',
];

export interface SftpServer {
  /** What an SSH channel with the subsystem would carry; emits `exit` as the channel would. */
  readonly stream: Duplex;
  close(): Promise<void>;
}

/** OpenSSH's SFTP server over its standard streams, at home in `folder`. */
export async function startSftpServer(folder: string): Promise<SftpServer> {
  const program = PLACES.find((place) => existsSync(place));
  if (program === undefined)
    throw new Error("these tests need OpenSSH's sftp-server: install openssh-sftp-server");
  const child = spawn(program, ['-d', folder], { stdio: ['pipe', 'pipe', 'ignore'] });
  await once(child, 'spawn');
  const output = child.stdout.pipe(new PassThrough(), { end: false });
  const stream = Duplex.from({ readable: output, writable: child.stdin });
  stream.on('error', () => undefined);
  // A channel too says how it ended, and then closes.
  child.once('close', (code) => {
    stream.emit('exit', code);
    output.end();
  });
  return { stream, close: () => end(child) };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}
