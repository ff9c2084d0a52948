import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type BuildOptions, build as bundle } from 'esbuild';
import { build as buildPage } from 'vite';
import { root } from './root.ts';

/** A part of the app: what it is made of, and how. */
interface Part {
  readonly name: string;
  /** Files and folders whose change means that it must be made again. */
  readonly inputs: readonly string[];
  readonly make: () => Promise<unknown>;
}

/**
 * What `source` of the workspaces' exports names. What is there at run time stays an import: Electron, and the native
 * terminals, packed beside the bundle. ssh2's own native parts are left out: it does without them.
 */
const FROM_SOURCE = {
  bundle: true,
  conditions: ['source'],
  external: ['electron', '@lydell/node-pty', 'cpu-features', '*.node'],
  absWorkingDir: root,
} satisfies BuildOptions;
/** For packages written as CommonJS, which ask for these. */
const COMMONJS = `import { createRequire as __createRequire } from 'node:module';
import { fileURLToPath as __fileURLToPath } from 'node:url';
const require = __createRequire(import.meta.url);
const __filename = __fileURLToPath(import.meta.url);
const __dirname = __fileURLToPath(new URL('.', import.meta.url));`;
const SHARED = ['contract/src', 'package-lock.json', 'scripts/build-desktop.ts'];

const PARTS: readonly Part[] = [
  {
    name: 'main',
    inputs: ['main', 'gateway-client/src', ...SHARED],
    make: async () => {
      await rm(join(root, 'out/main'), { recursive: true, force: true });
      await bundle({
        ...FROM_SOURCE,
        entryPoints: ['main/main.ts'],
        outfile: 'out/main/main.js',
        platform: 'node',
        format: 'esm',
        target: 'node20',
        banner: { js: COMMONJS },
        // Code that leaves by itself in a crash report is hard enough to read.
        keepNames: true,
        sourcemap: true,
        legalComments: 'linked',
        loader: { '.png': 'dataurl' },
      });
    },
  },
  {
    name: 'preload',
    inputs: ['main', ...SHARED],
    // A sandboxed preload script is one file of CommonJS.
    make: () =>
      bundle({
        ...FROM_SOURCE,
        entryPoints: ['main/preload/preload.ts'],
        outfile: 'out/preload/preload.cjs',
        platform: 'node',
        format: 'cjs',
        target: 'chrome130',
      }),
  },
  {
    name: 'renderer',
    inputs: ['renderer', 'main/ipc', ...SHARED],
    make: () =>
      buildPage({ configFile: join(root, 'renderer/vite.config.ts'), mode: 'production', logLevel: 'warn' }),
  },
];

/** Builds the parts of the desktop app whose sources changed since they were built. @throws Error when one doesn't build. */
export async function buildDesktop(say: (line: string) => void = () => undefined): Promise<void> {
  for (const part of PARTS) {
    const stamp = join(root, 'out', `.${part.name}.stamp`);
    const now = await fingerprint(part.inputs);
    if (now === (await readFile(stamp, 'utf8').catch(() => undefined))) continue;
    say(`Building the app: ${part.name}`);
    await rm(stamp, { force: true });
    await part.make();
    await mkdir(dirname(stamp), { recursive: true });
    await writeFile(stamp, now);
  }
}

/** A hash over the names and contents of all files in them. */
export async function fingerprint(paths: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const path of paths) {
    for (const file of await filesIn(path)) {
      const content = createHash('sha256').update(await readFile(join(root, file)));
      hash.update(`${file}\0${content.digest('hex')}\n`);
    }
  }
  return hash.digest('hex');
}

async function filesIn(path: string): Promise<string[]> {
  const entries = await readdir(join(root, path), { withFileTypes: true, recursive: true }).catch(
    () => undefined,
  );
  if (!entries) return [path];
  return entries
    .filter((entry) => entry.isFile() && !entry.parentPath.includes('/dist'))
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length))
    .sort();
}
