import { spawn } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { type ConnectionSettings, connectionSettings, type TunnelAddress } from '@drawbridge/gateway-client';
import { AppError } from '../app-error.ts';

export type NativeAppName = 'dbeaver' | 'tableplus' | 'vscode';

/** How a program is started on a tunnel. No secret is among `args`: other users of the machine can read those. */
export interface Launch {
  /** Names looked for on `PATH`, and absolute paths, in order. */
  readonly programs: readonly string[];
  readonly args: readonly string[];
  /** Also has `PG…` with the secret: only the program itself reads it. */
  readonly env: Readonly<Record<string, string>>;
  readonly title: string;
  /** Whether the person has to paste the secret, which then is on the clipboard. */
  readonly asksForSecret: boolean;
}

/** What starts `app` on a tunnel on this platform. `secret` of the address goes into the environment alone. */
export function launchOf(
  app: NativeAppName,
  address: TunnelAddress,
  label: string,
  platform: NodeJS.Platform,
  home: string,
): Launch {
  const { env }: Pick<ConnectionSettings, 'env'> = connectionSettings(address);
  const { host, port, user, database } = address;
  const title = { dbeaver: 'DBeaver', tableplus: 'TablePlus', vscode: 'VS Code' }[app];
  switch (app) {
    case 'dbeaver': {
      // https://dbeaver.com/docs/dbeaver/Command-Line/ ; a `|` would begin another setting.
      const clean = (text: string) => text.replaceAll(/[|=]/g, ' ');
      const connection = `driver=postgresql|host=${host}|port=${port}|database=${clean(database)}|user=${clean(user)}|name=${clean(label)}|savePassword=false|save=false|connect=true|prop.sslmode=disable`;
      const programs = {
        darwin: ['/Applications/DBeaver.app/Contents/MacOS/dbeaver'],
        win32: [
          join(home, 'AppData\\Local\\DBeaver\\dbeaver-cli.exe'),
          'C:\\Program Files\\DBeaver\\dbeaver-cli.exe',
          'dbeaver-cli.exe',
        ],
      }[platform as string] ?? [
        'dbeaver',
        'dbeaver-ce',
        '/snap/bin/dbeaver-ce',
        '/usr/share/dbeaver-ce/dbeaver',
      ];
      return { title, programs, args: ['-con', connection], env, asksForSecret: true };
    }
    case 'tableplus': {
      const part = encodeURIComponent;
      const url = `postgresql://${part(user)}@${host}:${port}/${part(database)}?name=${part(label)}&tLSMode=0`;
      if (platform === 'darwin')
        return {
          title,
          programs: ['/usr/bin/open'],
          args: ['-a', 'TablePlus', url],
          env,
          asksForSecret: true,
        };
      const programs =
        platform === 'win32'
          ? ['C:\\Program Files\\TablePlus\\TablePlus.exe', 'TablePlus.exe']
          : ['tableplus', '/opt/tableplus/tableplus'];
      return { title, programs, args: [url], env, asksForSecret: true };
    }
    case 'vscode': {
      const programs = {
        darwin: ['code', '/Applications/Visual Studio Code.app/Contents/Resources/app/bin/code'],
        win32: [
          join(home, 'AppData\\Local\\Programs\\Microsoft VS Code\\Code.exe'),
          'C:\\Program Files\\Microsoft VS Code\\Code.exe',
        ],
      }[platform as string] ?? ['code', 'codium', '/usr/bin/code', '/snap/bin/code'];
      // A new window takes over the environment it is started with, so that its terminal has `PG…` set.
      return { title, programs, args: ['--new-window'], env, asksForSecret: false };
    }
    default:
      return app satisfies never;
  }
}

export interface NativeAppParts {
  readonly env: NodeJS.ProcessEnv;
  readonly platform: NodeJS.Platform;
  readonly home: string;
}

/** Starts database programs on tunnels. */
export class NativeApps {
  readonly #parts: NativeAppParts;

  constructor(parts: NativeAppParts) {
    this.#parts = parts;
  }

  /** @throws AppError `program_not_found` with what to do instead */
  async open(app: NativeAppName, address: TunnelAddress, label: string): Promise<Launch> {
    const { platform, home, env } = this.#parts;
    const launch = launchOf(app, address, label, platform, home);
    const program = await this.#find(launch.programs);
    if (program === undefined) throw notFound(launch.title);
    await new Promise<void>((resolve, reject) => {
      const child = spawn(program, launch.args, {
        detached: true,
        stdio: 'ignore',
        env: { ...env, ...launch.env },
      });
      child.once('error', () => reject(notFound(launch.title)));
      // `open` of macOS starts always and says by its exit status whether there is such a program.
      if (program === '/usr/bin/open')
        child.once('exit', (code) => (code === 0 ? resolve() : reject(notFound(launch.title))));
      else
        child.once('spawn', () => {
          child.unref();
          resolve();
        });
    });
    return launch;
  }

  async #find(programs: readonly string[]): Promise<string | undefined> {
    const folders = (this.#parts.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
    for (const program of programs) {
      const places = /[\\/]/.test(program) ? [program] : folders.map((folder) => join(folder, program));
      for (const place of places) {
        const found = await access(place, constants.X_OK).then(
          () => true,
          () => false,
        );
        if (found) return place;
      }
    }
    return undefined;
  }
}

const notFound = (title: string): AppError =>
  new AppError(
    'program_not_found',
    `${title} was not found on this computer`,
    'Install it, or copy host, port and password from the connection card into it.',
  );
