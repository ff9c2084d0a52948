import type { ConnectionSettings } from '@drawbridge/gateway-client';

/** What Electron, Chromium and an AppImage leave for themselves: in a shell it would change how other programs start. */
const OURS = /^(ELECTRON_|CHROME_|ORIGINAL_XDG_|NODE_OPTIONS$|NODE_ENV$|APPDIR$|APPIMAGE$|ARGV0$|OWD$)/;

export interface ShellEnvironmentParts {
  readonly env: NodeJS.ProcessEnv;
  readonly platform: NodeJS.Platform;
  readonly version: string;
  /** Of the tunnel that the shell is opened for. Its secret is in this one shell's environment and nowhere else. */
  readonly settings?: Pick<ConnectionSettings, 'env' | 'unset'> | undefined;
}

/** The environment of a local shell. */
export function shellEnvironment({
  env,
  platform,
  version,
  settings,
}: ShellEnvironmentParts): Record<string, string> {
  const unset = new Set(settings?.unset);
  const inherited = Object.entries(env).filter(
    (entry): entry is [string, string] =>
      entry[1] !== undefined && !OURS.test(entry[0]) && !unset.has(entry[0]),
  );
  const shell: Record<string, string> = {
    ...Object.fromEntries(inherited),
    TERM: 'xterm-256color',
    COLORTERM: 'truecolor',
    TERM_PROGRAM: 'Drawbridge',
    TERM_PROGRAM_VERSION: version,
    ...settings?.env,
  };
  // Apps that macOS starts get no locale; without one, programs take the terminal for an ASCII one.
  const hasLocale = [shell.LC_ALL, shell.LC_CTYPE, shell.LANG].some((value) => value !== undefined);
  if (platform !== 'win32' && !hasLocale) shell.LANG = platform === 'darwin' ? 'en_US.UTF-8' : 'C.UTF-8';
  return shell;
}
