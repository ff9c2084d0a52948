import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { listPackage } from '@electron/asar';
import { FuseV1Options, FuseVersion, getCurrentFuseWire } from '@electron/fuses';
import { FuseState } from '@electron/fuses/dist/constants.js';
import { root } from '../../scripts/root.ts';
import { packedApp } from './support/packed-app.ts';
import { expect, test } from './support/test.ts';

test.describe('what `npm run package` makes', () => {
  test('has the fuses of a release', async () => {
    const { executable } = packedApp();
    const wire = await getCurrentFuseWire(executable);
    expect(wire.version).toBe(FuseVersion.V1);
    const on = (fuse: FuseV1Options) => wire[fuse] === FuseState.ENABLE;
    expect({
      runAsNode: on(FuseV1Options.RunAsNode),
      nodeOptions: on(FuseV1Options.EnableNodeOptionsEnvironmentVariable),
      inspect: on(FuseV1Options.EnableNodeCliInspectArguments),
      onlyAsar: on(FuseV1Options.OnlyLoadAppFromAsar),
      asarIntegrity: on(FuseV1Options.EnableEmbeddedAsarIntegrityValidation),
      cookieEncryption: on(FuseV1Options.EnableCookieEncryption),
      fileProtocolPrivileges: on(FuseV1Options.GrantFileProtocolExtraPrivileges),
    }).toEqual({
      runAsNode: false,
      nodeOptions: false,
      inspect: false,
      onlyAsar: true,
      asarIntegrity: true,
      cookieEncryption: true,
      fileProtocolPrivileges: false,
    });
  });

  test('differs from what the tests drive in the inspect fuse alone', async () => {
    const { executable, driven } = packedApp();
    const [released, ours] = await Promise.all([getCurrentFuseWire(executable), getCurrentFuseWire(driven)]);
    expect(ours).toEqual({ ...released, [FuseV1Options.EnableNodeCliInspectArguments]: FuseState.ENABLE });
    const [one, other] = await Promise.all([readFile(executable), readFile(driven)]);
    let different = 0;
    for (let at = 0; at < one.length; at += 1) if (one[at] !== other[at]) different += 1;
    expect([one.length - other.length, different]).toEqual([0, 1]);
  });

  test('holds the built app and nothing else', async () => {
    const { folder } = packedApp();
    const files = listPackage(join(folder, 'resources/app.asar'), { isPack: false });
    const ours = /^\/(out(\/(main|preload|renderer)(\/.*)?)?|package\.json)$/;
    // The one part that is native: terminals, as they come from the registry, for this platform alone.
    const terminals = new RegExp(
      `^/node_modules(/@lydell(/node-pty(-${process.platform}-${process.arch})?(/.*)?)?)?$`,
    );
    expect(files.filter((file) => !ours.test(file) && !terminals.test(file))).toEqual([]);
    expect(files.filter((file) => /\.(map|ts|tsx)$/.test(file))).toEqual([]);
    expect(files).toEqual(
      expect.arrayContaining(['/out/main/main.js', '/out/preload/preload.cjs', '/out/renderer/index.html']),
    );
    // Beside the archive, whose integrity is checked, lies only what a system loads from files.
    const beside = await readdir(join(folder, 'resources/app.asar.unpacked'), {
      recursive: true,
      withFileTypes: true,
    });
    const names = beside.filter((entry) => entry.isFile()).map(({ name }) => name);
    expect(names.sort()).toEqual(['package.json', 'pty.node']);
  });

  test('names no path of the machine that built it', async () => {
    for (const file of ['out/main/main.js', 'out/preload/preload.cjs'])
      expect((await readFile(join(root, file), 'utf8')).includes(root)).toBe(false);
  });
});
