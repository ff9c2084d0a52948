import { packageDesktop } from './package-desktop.ts';
import { root } from './root.ts';

/** `npm run package`: the desktop app for this platform, unpacked. */
const say = (line: string) => process.stdout.write(`${line}\n`);
try {
  const app = await packageDesktop(say);
  say(`\nThe app is ${app.executable.slice(root.length)} (Electron ${app.electron}).`);
  if (!app.official)
    say(
      'Its Electron is for development and tests: a release is packed with the official one (docs/releasing.md).',
    );
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
