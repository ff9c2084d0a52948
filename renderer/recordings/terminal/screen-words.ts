import { secondText } from '../../sql/results/run-words.ts';
import type { RecordedScreen } from './terminal-output.ts';

/** *Shell*, *Shell 2*, *uptime*: as a list of screens names each. */
export function screenName(screens: readonly RecordedScreen[], screen: RecordedScreen): string {
  if (screen.what === 'exec') return screen.command ?? 'Command';
  const shells = screens.filter(({ what }) => what === 'shell');
  return shells.length === 1 ? 'Shell' : `Shell ${shells.indexOf(screen) + 1}`;
}

/** *14:01:07 to 14:03:00*, *since 14:01:07*. @param began in milliseconds since 1970 */
export function screenTimes({ at, endedAt }: RecordedScreen, began: number): string {
  const from = secondText(began + at);
  return endedAt === undefined ? `since ${from}` : `${from} to ${secondText(began + endedAt)}`;
}

/** The screen to look at where none is chosen: of those open then the one opened last, else the last there was, else the first. */
export const screenAt = (screens: readonly RecordedScreen[], at: number): RecordedScreen | undefined =>
  screens.findLast((screen) => screen.at <= at && (screen.endedAt ?? Number.POSITIVE_INFINITY) >= at) ??
  screens.findLast((screen) => screen.at <= at) ??
  screens[0];
