import { setTimeout as pause } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import type { Page } from '@playwright/test';
import { appState } from '../support/bridge.ts';
import type { Desktop } from '../support/desktop.ts';
import { type ListeningPost, startListeningPost } from '../support/listening-post.ts';
import { expect, test } from '../support/test.ts';

/** How long something may take that should never happen, in ms. */
const PATIENCE = 500;

test.describe('a script that has taken over the page', () => {
  let post: ListeningPost;
  let alice: Desktop;
  let page: Page;
  let home: string;
  test.beforeEach(async ({ desktop }) => {
    post = await startListeningPost();
    alice = await desktop('alice');
    page = await alice.open();
    await appState(page);
    home = page.url();
  });
  test.afterEach(() => post.stop());

  const windows = () => alice.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().length);
  const stillHome = async () => {
    await pause(PATIENCE);
    expect(page.url()).toBe(home);
    expect(await page.evaluate(() => document.body.textContent?.includes('root:x:0'))).toBe(false);
    expect(await windows()).toBe(1);
    expect(post.heard).toEqual([]);
  };

  test('cannot lead it anywhere else', async () => {
    const targets = [
      `http://127.0.0.1:${post.port}/away`,
      'https://drawbridge.example/',
      pathToFileURL('/etc/passwd').href,
      pathToFileURL(alice.home).href,
      'drawbridge-app://evil/index.html',
      'drawbridge-app://app.evil/index.html',
      'drawbridge-app://app@evil/index.html',
      'drawbridge://request/orders-db',
      'data:text/html,<h1>away</h1>',
      'blob:null/away',
      'chrome://gpu',
      'view-source:drawbridge-app://app/index.html',
      `javascript:fetch('http://127.0.0.1:${post.port}/js')`,
    ];
    for (const target of targets) {
      await page.evaluate((url) => {
        setTimeout(() => {
          location.href = url;
        });
      }, target);
      await stillHome();
    }
  });

  test('cannot leave an empty page behind: the app comes back', async () => {
    const emptied = page.waitForURL('about:blank');
    await page.evaluate(() => {
      setTimeout(() => {
        location.href = 'about:blank';
      });
    });
    await emptied;
    await expect.poll(() => page.url()).toBe(home);
    await page.waitForLoadState();
    await appState(page);
    await stillHome();
  });

  test('cannot lead it away by link, form, refresh or history', async () => {
    await page.evaluate((away) => {
      for (const target of ['_self', '_top', '_blank', 'other']) {
        const link = Object.assign(document.createElement('a'), { href: away, target });
        document.body.append(link);
        link.click();
        const form = Object.assign(document.createElement('form'), { action: away, target });
        document.body.append(form);
        form.submit();
      }
      const meta = Object.assign(document.createElement('meta'), {
        httpEquiv: 'refresh',
        content: `0;url=${away}`,
      });
      document.head.append(meta);
    }, `http://127.0.0.1:${post.port}/away`);
    await stillHome();
  });

  test('cannot open a window', async () => {
    const opened = await page.evaluate((port) => {
      const addresses = [
        '',
        'about:blank',
        'file:///etc/passwd',
        'drawbridge-app://app/index.html',
        `http://127.0.0.1:${port}/`,
      ];
      return addresses.map((address) => window.open(address) === null);
    }, post.port);
    expect(opened).toEqual([true, true, true, true, true]);
    await stillHome();
  });

  test('cannot have a program of the system open something', async () => {
    await page.evaluate(() => {
      for (const address of [
        'mailto:x@y.example',
        'ssh://host',
        'vscode://file/etc/passwd',
        'file:///usr/bin/xterm',
      ]) {
        const link = Object.assign(document.createElement('a'), { href: address, target: '_blank' });
        document.body.append(link);
        link.click();
        window.open(address);
      }
    });
    await stillHome();
  });

  test('cannot read a file', async () => {
    const read = await page.evaluate(async () => {
      const ways = [
        () => fetch('file:///etc/passwd').then((answer) => answer.text()),
        () =>
          new Promise((resolve, reject) => {
            const request = new XMLHttpRequest();
            request.onload = () => resolve(request.responseText);
            request.onerror = reject;
            request.open('GET', 'file:///etc/passwd');
            request.send();
          }),
        () => import(/* @vite-ignore */ ['file:///etc', 'hostname'].join('/')),
        () =>
          new Promise((resolve, reject) => {
            const image = new Image();
            image.onload = () => resolve('loaded');
            image.onerror = reject;
            image.src = 'file:///usr/share/pixmaps/debian-logo.png';
          }),
        () =>
          new Promise(
            (_resolve, reject) => (window as { require?: unknown }).require ?? reject('no require'),
          ),
      ];
      const outcomes = await Promise.allSettled(ways.map((way) => Promise.resolve().then(way)));
      return outcomes.map(({ status }) => status);
    });
    expect(new Set(read)).toEqual(new Set(['rejected']));
    await stillHome();
  });
});
