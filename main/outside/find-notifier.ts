import { Notification } from 'electron';
import type { MainClock } from '../clock.ts';
import { DbusNotifier, isBusAddress } from './dbus-notifier.ts';
import { ElectronNotifier, hasActions } from './electron-notifier.ts';
import type { Notifier } from './notifier.ts';

/** Where nothing can show a notification: the tray and the window say the same. */
const silent: Notifier = {
  show: async () => undefined,
  withdraw: async () => undefined,
  close: () => undefined,
};

/** What shows notifications here, best first: on Linux the desktop's own service with buttons, else Electron. */
export async function findNotifier(
  env: NodeJS.ProcessEnv,
  clock: Pick<MainClock, 'after'>,
): Promise<Notifier> {
  const { platform } = process;
  const bus = env.DBUS_SESSION_BUS_ADDRESS;
  if (platform === 'linux') {
    const dbus = await DbusNotifier.connect(bus, clock);
    if (dbus !== undefined) return dbus;
    // Electron speaks to the same service.
    if (!isBusAddress(bus)) return silent;
  }
  return new ElectronNotifier({
    create: (given) => new Notification(given),
    platform,
    hasActions: hasActions(platform, process.versions.electron ?? '0'),
  });
}
