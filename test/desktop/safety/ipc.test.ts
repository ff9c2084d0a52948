import type { Page } from '@playwright/test';
import { appState, call } from '../support/bridge.ts';
import type { Desktop } from '../support/desktop.ts';
import { heapStrings } from '../support/heap-strings.ts';
import { expect, test } from '../support/test.ts';

/** A JSON Web Token, as the gateway's access tokens and ID tokens are; opaque ones stand in the same answers. */
const TOKEN = /eyJ[\w-]{10,}\.eyJ[\w-]{10,}/;

test.describe('a script that has taken over the page', () => {
  let alice: Desktop;
  let page: Page;
  test.beforeEach(async ({ desktop }) => {
    alice = await desktop('alice');
    page = await alice.open();
    await appState(page);
  });

  test('finds no token: not in what it can ask for, not in storage, not anywhere in memory', async () => {
    await alice.signIn();
    const asked = JSON.stringify([
      await appState(page),
      await call(page, 'sessions.list', {}),
      await call(page, 'sql.history', { resource: 'orders-db' }),
    ]);
    expect(asked).not.toMatch(TOKEN);
    expect(asked).not.toMatch(/refresh_?token|access_?token|id_?token/i);
    const stored = await page.evaluate(async () =>
      JSON.stringify([
        { ...localStorage },
        { ...sessionStorage },
        document.cookie,
        await indexedDB.databases(),
        await caches.keys().catch(() => []),
        location.href,
        history.state,
      ]),
    );
    expect(stored).not.toMatch(TOKEN);
    const strings = await heapStrings(alice.app, page);
    expect(strings.length).toBeGreaterThan(1000);
    expect(strings.filter((string) => TOKEN.test(string))).toEqual([]);
    // Were there one, it would have been found.
    await page.evaluate(() =>
      Object.assign(window, {
        planted: ['eyJhbGciOiJub25l', 'eyJzdWIiOiJhbGljZSJ9', ''].join('.') + Math.random(),
      }),
    );
    expect((await heapStrings(alice.app, page)).some((string) => TOKEN.test(string))).toBe(true);
  });

  test('has nothing of Node or Electron, and of the app two functions', async () => {
    const found = await page.evaluate(() => {
      const names = [
        'require',
        'process',
        'module',
        'Buffer',
        'global',
        'ipcRenderer',
        'electron',
        '__dirname',
      ];
      return {
        globals: names.filter((name) => name in window),
        bridge: Object.keys(window.drawbridge).sort(),
        frozen: (() => {
          try {
            Object.assign(window, { drawbridge: 1 });
          } catch {
            return true;
          }
          return typeof window.drawbridge === 'object';
        })(),
        opener: window.opener,
      };
    });
    expect(found).toEqual({ globals: [], bridge: ['call', 'on'], frozen: true, opener: null });
    const preferences = await alice.app.evaluate(({ BrowserWindow }) => {
      const contents = BrowserWindow.getAllWindows()[0]?.webContents as unknown as {
        getLastWebPreferences(): Record<string, unknown>;
      };
      const {
        sandbox,
        contextIsolation,
        nodeIntegration,
        webSecurity,
        webviewTag,
        nodeIntegrationInSubFrames,
        nodeIntegrationInWorker,
        allowRunningInsecureContent,
        experimentalFeatures,
      } = contents.getLastWebPreferences();
      return {
        sandbox,
        contextIsolation,
        nodeIntegration,
        webSecurity,
        webviewTag,
        nodeIntegrationInSubFrames,
        nodeIntegrationInWorker,
        allowRunningInsecureContent,
        experimentalFeatures,
      };
    });
    expect(preferences).toMatchObject({
      sandbox: true,
      contextIsolation: true,
      webSecurity: true,
    });
    const inspected = await alice.app.evaluate(({ BrowserWindow }) => {
      const contents = BrowserWindow.getAllWindows()[0]?.webContents;
      contents?.openDevTools();
      return contents?.isDevToolsOpened();
    });
    expect(inspected).toBe(false);
    for (const off of [
      'nodeIntegration',
      'webviewTag',
      'nodeIntegrationInSubFrames',
      'nodeIntegrationInWorker',
      'allowRunningInsecureContent',
      'experimentalFeatures',
    ] as const)
      expect([off, preferences[off] ?? false]).toEqual([off, false]);
  });

  test('can call what the contract names and nothing else', async () => {
    const names = [
      'vault.read',
      'state.set',
      '',
      '__proto__',
      'constructor',
      'toString',
      'hasOwnProperty',
      'state.get ',
      'STATE.GET',
      'drawbridge:call',
    ];
    for (const name of names) {
      const answer = await page.evaluate(
        (name) => window.drawbridge.call(name as 'state.get', undefined),
        name,
      );
      expect([name, answer.ok]).toEqual([name, false]);
    }
    // Things that are no names at all.
    const odd = await page.evaluate(async () => {
      const values: unknown[] = [
        null,
        undefined,
        1,
        {},
        [],
        ['state.get'],
        { toString: () => 'state.get' },
        Symbol.iterator,
      ];
      const answers = values.map(async (value) => {
        try {
          return (await window.drawbridge.call(value as 'state.get', undefined)).ok;
        } catch {
          return false;
        }
      });
      return Promise.all(answers);
    });
    expect(odd.every((ok) => !ok)).toBe(true);
  });

  test('cannot reach a prototype through a payload, or smuggle in what no schema knows', async () => {
    const before = (await appState(page)).settings;
    const answers = await page.evaluate(async () => {
      const call = window.drawbridge.call as (name: string, payload: unknown) => Promise<{ ok: boolean }>;
      const payloads: [string, unknown][] = [
        ['settings.set', { constructor: { prototype: { polluted: true } } }],
        ['settings.set', { ports: { constructor: 5555 } }],
        ['settings.set', { theme: 'dark', admin: true }],
        ['settings.set', { theme: 'no such' }],
        ['settings.set', []],
        ['settings.set', 'dark'],
        ['settings.set', null],
        ['settings.set', new Map([['theme', 'dark']])],
        ['settings.set', new Date()],
        ['settings.set', { theme: { toString: 'dark' } }],
        ['tunnels.open', { resource: '../../etc', profile: 'read' }],
        ['tunnels.open', { resource: '__proto__', profile: 'constructor' }],
        ['tunnels.setPort', { resource: 'orders-db', profile: 'read', port: 22 }],
        ['tunnels.revealSecret', { tunnel: '__proto__' }],
        ['tunnels.openIn', { tunnel: 'x', app: '/bin/sh' }],
        ['recordings.open', { id: 'x', session: '../../../etc/passwd' }],
        ['requests.review', { id: 'req_x', review: { decision: 'approve' } }],
        ['state.get', { anything: true }],
        ['clipboard.write', { text: { toString: 'x' } }],
        ['window.control', { action: 'destroy' }],
      ];
      const answers: [string, boolean][] = [];
      for (const [name, payload] of payloads) {
        const ok = await call(name, payload).then(
          (answer) => answer.ok,
          () => false,
        );
        answers.push([`${name} ${JSON.stringify(payload)}`, ok]);
      }
      return answers;
    });
    expect(answers.filter(([, ok]) => ok)).toEqual([]);
    // These lose that key on their way between the two worlds; what arrives is harmless, refused or not.
    await page.evaluate(async () => {
      const call = window.drawbridge.call as (name: string, payload: unknown) => Promise<unknown>;
      const evil = '"__proto__":{"polluted":true}';
      const tab = `{"kind":"card","id":"x","resource":"r","profile":"p","title":"t",${evil}}`;
      for (const [name, json] of [
        ['settings.set', `{${evil}}`],
        ['settings.set', `{"ports":{${evil}}}`],
        ['settings.set', `{"ports":{"__proto__":5555}}`],
        ['tabs.save', `{"open":[${tab}],${evil}}`],
      ] as const)
        await call(name, JSON.parse(json));
    });
    expect(await page.evaluate(() => ({}) as { polluted?: unknown })).toEqual({});
    expect(
      await alice.app.evaluate(() => [
        ({} as { polluted?: unknown }).polluted,
        Object.keys(Object.prototype),
      ]),
    ).toEqual([undefined, []]);
    expect((await appState(page)).settings).toEqual(before);
  });

  test('cannot have an address opened or added that is no gateway', async () => {
    for (const url of [
      'file:///etc/passwd',
      'javascript:alert(1)',
      'http://gateway.example',
      'ftp://x.example',
      'https://user:pass@x.example',
      'drawbridge-app://app',
      '--version',
    ]) {
      const answer = await call(page, 'gateways.add', { url });
      expect([url, answer.ok]).toEqual([url, false]);
    }
    expect((await appState(page)).gateways).toHaveLength(1);
  });

  test('gets no permission of the system', async () => {
    const outcomes = await page.evaluate(async () => {
      const settled = async (way: () => unknown) => {
        try {
          await way();
          return 'granted';
        } catch {
          return 'refused';
        }
      };
      const media = { video: true, audio: true };
      return {
        clipboard: await settled(() => navigator.clipboard.readText()),
        clipboardItems: await settled(() => navigator.clipboard.read()),
        clipboardWrite: await settled(() => navigator.clipboard.writeText('planted')),
        camera: await settled(() => navigator.mediaDevices.getUserMedia(media)),
        screen: await settled(() => navigator.mediaDevices.getDisplayMedia({ video: true })),
        place: await settled(
          () =>
            new Promise((done, no) => navigator.geolocation.getCurrentPosition(done, no, { timeout: 2000 })),
        ),
        midi: await settled(() => navigator.requestMIDIAccess({ sysex: true })),
        pointer: await settled(() => document.body.requestPointerLock()),
        notification: Notification.permission === 'granted' ? 'granted' : 'refused',
      };
    });
    expect(new Set(Object.values(outcomes)), JSON.stringify(outcomes)).toEqual(new Set(['refused']));
  });
});

test.describe('main hears', () => {
  test('its own page, and no frame, no other window and no other origin that has the same bridge', async ({
    desktop,
  }) => {
    const alice = await desktop('alice');
    const page = await alice.open();
    expect((await call(page, 'state.get', undefined)).ok).toBe(true);

    const frame = await page.evaluate(async () => {
      const results: unknown[] = [];
      for (const attributes of [
        {},
        { src: 'about:blank' },
        { srcdoc: '<p>x</p>' },
        { src: '/index.html' },
        { src: 'drawbridge-app://evil/' },
      ]) {
        const element = document.createElement('iframe');
        Object.assign(element, attributes);
        document.body.append(element);
        await new Promise((resolve) => setTimeout(resolve, 200));
        let bridge: unknown;
        try {
          bridge = element.contentWindow?.window.drawbridge;
        } catch {
          // Another origin, which can't be looked into.
        }
        results.push(typeof bridge);
      }
      return results;
    });
    expect(new Set(frame)).toEqual(new Set(['undefined']));

    // What a hole elsewhere might give: pages that have the preload script and so the bridge.
    const answers = await alice.app.evaluate(async ({ app, BrowserWindow }) => {
      const preload = `${app.getAppPath()}/out/preload/preload.cjs`;
      const answers: Record<string, unknown> = {};
      for (const address of ['drawbridge-app://app/index.html', 'data:text/html,x', 'about:blank']) {
        const window = new BrowserWindow({
          show: false,
          webPreferences: {
            sandbox: true,
            contextIsolation: true,
            preload,
          },
        });
        try {
          await window.loadURL(address);
          answers[address] = await window.webContents.executeJavaScript(
            "typeof drawbridge === 'object' ? drawbridge.call('state.get') : 'no bridge'",
          );
        } finally {
          window.destroy();
        }
      }
      return answers;
    });
    expect(Object.keys(answers)).toHaveLength(3);
    for (const answer of Object.values(answers))
      expect(answer).toMatchObject({ ok: false, error: { code: 'forbidden_sender' } });
    expect((await call(page, 'state.get', undefined)).ok).toBe(true);
  });
});
