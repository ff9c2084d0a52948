import { shellWord } from '../shell-word.ts';

export interface ProxyTarget {
  readonly gateway: string;
  /** Folder of the sign-ins, where it isn't the one that `drawbridge` finds by itself. */
  readonly home?: string | undefined;
  readonly profile?: string | undefined;
  /** A resource's name; `undefined` is for the host name that ssh was given, in a `Host` block that admits only safe ones. */
  readonly resource: string | undefined;
}

/** The value of ssh's ProxyCommand that starts `drawbridge proxy` as this process was started. */
export function proxyCommand({ gateway, home, profile, resource }: ProxyTarget): string {
  const { execPath, execArgv, argv } = process;
  const words = [
    execPath,
    ...execArgv,
    argv[1] ?? '',
    'proxy',
    '--gateway',
    gateway,
    ...(home === undefined ? [] : ['--home', home]),
    ...(profile === undefined ? [] : ['--profile', profile]),
    '--',
    ...(resource === undefined ? [] : [resource]),
  ];
  // ssh expands %, then a shell reads the line.
  const line = words.map((word) => shellWord(word).replaceAll('%', '%%')).join(' ');
  return resource === undefined ? `${line} ${process.platform === 'win32' ? '"%n"' : "'%n'"}` : line;
}
