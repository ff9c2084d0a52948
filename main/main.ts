import { join } from 'node:path';
import { app, protocol } from 'electron';
import { type Desktop, startDesktop } from './desktop.ts';
import { linkAmong } from './outside/deep-link.ts';
import { hardenPages } from './window/harden.ts';
import { appSchemePrivileges } from './window/serve-app.ts';

/** The process begins here: what must be settled before Electron is ready, and before anything of ours runs. */

const dataFolder = app.commandLine.getSwitchValue('user-data-dir');
if (dataFolder !== '') app.setPath('userData', dataFolder);
app.setName('Drawbridge');

// No page has a host to look up; so none can tell a name server anything either.
app.commandLine.appendSwitch('host-resolver-rules', 'MAP * ~NOTFOUND');
protocol.registerSchemesAsPrivileged([appSchemePrivileges]);
hardenPages(app);

let desktop: Promise<Desktop> | undefined;
/** A link that came before there was anything to open it. */
let early = linkAmong(process.argv);

function openLink(link: string): void {
  if (desktop === undefined) early = link;
  else void desktop.then((running) => running.openLink(link));
}

// One app for each data folder: a second start shows the first, and hands its link over.
if (!app.requestSingleInstanceLock()) app.exit(0);
else {
  app.on('second-instance', (_event, argv) => {
    const link = linkAmong(argv);
    if (link === undefined) void desktop?.then((running) => running.show());
    else openLink(link);
  });
  // macOS hands links over by an event, the others as an argument.
  app.on('open-url', (event, url) => {
    event.preventDefault();
    openLink(url);
  });
  void app.whenReady().then(() => {
    desktop = startDesktop({
      rendererFolder: join(import.meta.dirname, '../renderer'),
      preload: join(import.meta.dirname, '../preload/preload.cjs'),
      env: process.env,
      gatewayAddress:
        app.commandLine.getSwitchValue('gateway') || process.env.DRAWBRIDGE_GATEWAY || undefined,
      link: early,
    });
    desktop.catch((error: unknown) => {
      process.stderr.write(
        `Drawbridge could not start: ${error instanceof Error ? error.message : String(error)}\n`,
      );
      app.exit(1);
    });
  });
}
