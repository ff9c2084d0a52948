import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endProcess, startBound } from './bound-process.ts';

/** A D-Bus session bus of a test's own. */
export interface SessionBus {
  readonly address: string;
  stop(): Promise<void>;
}

/** Nothing of the machine's is on it, and it starts no service by itself: only who connects is there. */
const config = (
  folder: string,
) => `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path=${folder}/bus</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
`;

/** @throws Error when dbus-daemon is missing. */
export async function startSessionBus(): Promise<SessionBus> {
  const folder = await mkdtemp(join(tmpdir(), 'drawbridge-bus-'));
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    const file = join(folder, 'session.conf');
    await writeFile(file, config(folder));
    const args = ['--config-file', file, '--nofork', '--print-address=3'];
    const { child, line } = await startBound('dbus-daemon', args);
    const stop = async () => {
      await endProcess(child);
      await remove();
    };
    return { address: line, stop };
  } catch (error) {
    await remove();
    throw error;
  }
}
