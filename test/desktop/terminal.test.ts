import type { Page } from '@playwright/test';
import { appState, call } from './support/bridge.ts';
import type { Desktop } from './support/desktop.ts';
import { checkScreen } from './support/screen.ts';
import { expect, test } from './support/test.ts';

/** How long the window may take to answer a key while a program floods its terminal, in ms. */
const RESPONSIVE = 2000;
const STAGING = { resource: 'orders-staging', profile: 'read' } as const;
const BUILD_BOX = { resource: 'build-box', profile: 'shell' } as const;

/** What the terminal in front shows. */
const shown = (page: Page) => page.locator('.termtab:visible .xterm-rows');
/** Its columns and rows, below it. */
const sizeOf = (page: Page) => page.locator('.termtab:visible .statusbar').getByText(/^\d+ × \d+$/);
const clipboard = (desktop: Desktop) => desktop.app.evaluate(({ clipboard }) => clipboard.readText());
const copy = (desktop: Desktop, text: string) =>
  desktop.app.evaluate(({ clipboard }, text) => clipboard.writeText(text), text);

/** Goes to an entry of the palette; from a terminal the app's keys have Shift. */
async function go(page: Page, to: string): Promise<void> {
  await page.keyboard.press('Control+Shift+k');
  await expect(page.getByRole('combobox', { name: 'Go to anything' })).toBeFocused();
  await page.keyboard.type(to);
  await page.keyboard.press('Enter');
}

async function openShell(page: Page): Promise<void> {
  await go(page, 'local shell');
  await expect(page.getByText('On this computer, not recorded')).toBeVisible();
  await page.keyboard.type("PS1='alice$ '; clear\n");
  await expect(shown(page)).toHaveText(/^\s*alice\$\s*$/);
}

/** Answers the dialog in which the system asks before a shell opens on this computer; tells how often it was asked. */
const answerShells = (desktop: Desktop, response: number) =>
  desktop.app.evaluate(({ dialog }, response) => {
    const log: string[] = [];
    Object.assign(globalThis, { askedByApp: log });
    dialog.showMessageBox = (async (...given: unknown[]) => {
      log.push(String((given.at(-1) as { message?: string }).message));
      return { response, checkboxChecked: false };
    }) as typeof dialog.showMessageBox;
  }, response);

async function started(desktop: Desktop): Promise<Page> {
  const page = await desktop.open();
  await answerShells(desktop, 0);
  await desktop.signIn();
  await expect(page.getByRole('heading', { name: 'Resources', level: 1 })).toBeVisible();
  return page;
}

/** What she has from another test on the same gateway is good enough. */
async function granted(page: Page, wanted: { readonly resource: string; readonly profile: string }) {
  const usable = async () =>
    ((await appState(page)).grants ?? []).some(
      ({ resource, profile, state }) =>
        resource === wanted.resource &&
        profile === wanted.profile &&
        (state === 'approved' || state === 'active'),
    );
  if (await usable()) return;
  const asked = await call(page, 'requests.create', {
    ...wanted,
    duration: 1800,
    reason: 'Look after the build',
  } as never);
  if (!asked.ok) throw new Error(asked.error.message);
  await expect.poll(usable).toBe(true);
}

test.describe('a shell on this computer', () => {
  test('runs programs that fill the screen, in colour, at its size, and says how it ends', async ({
    desktop,
  }) => {
    const alice = await desktop('alice');
    const page = await started(alice);
    await openShell(page);
    await page.keyboard.type(
      "printf 'gr%sn \\e[38;2;200;60;0mtruecolour\\e[0m\\n' ee; env | grep -cE '^(ELECTRON_|NODE_OPTIONS|CHROME_)'\n",
    );
    await expect(shown(page)).toContainText('green truecolour');
    await expect(shown(page)).toContainText(/truecolour\s*0/);
    const coloured = page.locator('.termtab:visible .xterm-rows span', { hasText: /^truecolour$/ });
    await expect(coloured).toHaveCSS('color', 'rgb(200, 60, 0)');

    const size = sizeOf(page);
    const before = await size.textContent();
    await page.keyboard.type('stty size\n');
    await expect(shown(page)).toContainText((before ?? '').split(' × ').reverse().join(' '));
    await page.keyboard.type('vim -u NONE -N story.txt\n');
    await expect(shown(page)).toContainText('story.txt');
    await page.keyboard.type('iOnce upon a time');
    await expect(shown(page)).toContainText('Once upon a time');
    await alice.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.setSize(1000, 640));
    await expect(size).not.toHaveText(before ?? '');
    await expect(shown(page)).toContainText('Once upon a time');
    await page.keyboard.press('Escape');
    await page.keyboard.type(':wq\n');
    await page.keyboard.type('stty size; cat story.txt\n');
    const after = (await size.textContent()) ?? '';
    await expect(shown(page)).toContainText(after.split(' × ').reverse().join(' '));
    await expect(shown(page)).toContainText(/Once upon a time/);
    await page.keyboard.press('Control+=');
    await expect(size).not.toHaveText(after);
    await page.keyboard.press('Control+0');
    await expect(size).toHaveText(after);

    await page.keyboard.type('exit 3\n');
    await expect(page.getByRole('alert')).toContainText('The shell exited with status 3.');
    await expect(shown(page)).toContainText('— exited with status 3 —');
    await page.getByRole('button', { name: 'New shell' }).click();
    await expect(shown(page)).toContainText('— a new session, begun at');
    await page.keyboard.type('echo $((6 * 7))\n');
    await expect(shown(page)).toContainText('42');
  });

  test('leaves the window responsive while a program floods it', async ({ desktop }) => {
    const alice = await desktop('alice');
    const page = await started(alice);
    await openShell(page);
    await page.keyboard.type('yes drawbridge\n');
    await expect(shown(page)).toContainText('drawbridge');
    for (let round = 0; round < 3; round += 1) {
      const before = Date.now();
      await page.keyboard.press('Control+Shift+k');
      await expect(page.getByRole('combobox', { name: 'Go to anything' })).toBeFocused();
      expect(Date.now() - before).toBeLessThan(RESPONSIVE);
      await page.keyboard.press('Escape');
      await expect(page.getByRole('combobox', { name: 'Go to anything' })).toBeHidden();
      const asked = Date.now();
      await appState(page);
      expect(Date.now() - asked).toBeLessThan(RESPONSIVE);
    }
    await page.getByRole('region', { name: 'Local shell' }).locator('.termhost').click();
    const stopped = Date.now();
    await page.keyboard.press('Control+c');
    await page.keyboard.type('echo st""opped\n');
    await expect(shown(page)).toContainText('stopped', { timeout: RESPONSIVE });
    expect(Date.now() - stopped).toBeLessThan(RESPONSIVE);
  });

  test('finds, copies and pastes as the platform does', async ({ desktop }) => {
    const alice = await desktop('alice');
    const page = await started(alice);
    await openShell(page);
    await page.keyboard.type('for n in $(seq 1 200); do echo needle $n; done; echo all\n');
    await expect(shown(page)).toContainText(/needle 200\s*all/);
    await page.keyboard.press('Control+Shift+f');
    await page.getByRole('textbox', { name: 'Find', exact: true }).fill('needle 1');
    const search = page.getByRole('search', { name: 'Find in the terminal' });
    // 1, 10 to 19 and 100 to 199; the command itself has another word behind it.
    await expect(search.getByRole('status')).toHaveText(/^\d+ of 111$/);
    const [first] = ((await search.getByRole('status').textContent()) ?? '').split(' ');
    await search.getByRole('button', { name: 'Previous match' }).click();
    await expect(search.getByRole('status')).toHaveText(`${Number(first) - 1} of 111`);
    await search.getByRole('button', { name: 'Next match' }).click();
    await expect(search.getByRole('status')).toHaveText(`${first} of 111`);
    await checkScreen(page, 'terminal-find');
    await copy(alice, 'before');
    await page
      .getByRole('region', { name: 'Local shell' })
      .locator('.termhost')
      .click({ position: { x: 400, y: 300 } });
    await search.getByRole('textbox').fill('needle 77');
    await expect(search.getByRole('status')).toHaveText('1 of 1');
    await page
      .getByRole('region', { name: 'Local shell' })
      .getByRole('textbox', { name: 'Local shell' })
      .focus();
    await page.keyboard.press('Control+Shift+c');
    await expect.poll(() => clipboard(alice)).toBe('needle 77');
    await search.getByRole('button', { name: 'Close the search' }).click();

    await page.keyboard.type('clear; cat\n');
    await copy(alice, 'pas\u001bted');
    await page.keyboard.press('Control+Shift+v');
    await expect(shown(page)).toContainText('pasted');
    await copy(alice, '\ntwo\nthree lines');
    await page.keyboard.press('Control+Shift+v');
    const question = page.getByRole('dialog', { name: 'Paste 3 lines' });
    await expect(question).toContainText('three lines');
    await checkScreen(page, 'terminal-paste');
    await question.getByRole('button', { name: 'Cancel' }).click();
    await expect(shown(page)).not.toContainText('three lines');
    await page.keyboard.press('Control+Shift+v');
    await question.getByRole('switch', { name: "Don't ask again in this tab" }).check({ force: true });
    await question.getByRole('button', { name: 'Paste' }).click();
    await expect(shown(page)).toContainText('three lines');
    await page.keyboard.press('Control+Shift+v');
    await expect(shown(page)).toContainText(/three lines.*three lines/s);
  });

  test('keeps what programs write inside: no clipboard, no link, no title of their own', async ({
    desktop,
  }) => {
    const alice = await desktop('alice');
    const page = await started(alice);
    await openShell(page);
    await copy(alice, 'mine');
    const opened = await alice.app.evaluate(({ shell }) => {
      const log: string[] = [];
      Object.assign(globalThis, { openedByTest: log });
      shell.openExternal = async (url) => void log.push(url);
      return log.length;
    });
    expect(opened).toBe(0);
    // OSC 52 sets and asks for the clipboard; a title in OSC 2; a link in OSC 8 whose text says something else.
    await page.keyboard.type(
      "printf '\\e]52;c;c3RvbGVu\\a\\e]52;p;c3RvbGVu\\e\\\\\\e]52;c;?\\a\\e]2;orders-db\\u202e \\007'; clear; printf 'see \\e]8;;https://evil.example/login\\e\\\\https://gate.example/\\e]8;;\\e\\\\ and https://plain.example/a\\n'\n",
    );
    await expect(shown(page)).toContainText('see https://gate.example/ and https://plain.example/a');
    await page.keyboard.type("printf '\\e]2;vim \\u202egpj.exe\\a'\n");
    const tab = page.getByRole('navigation', { name: 'Tabs' }).getByRole('button', { name: /^Local shell/ });
    await expect(tab).toHaveText('Local shell: vim gpj.exe');
    expect(await page.title()).toBe('Drawbridge');

    const link = shown(page).getByText('https://gate.example/').first();
    const box = (await link.boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 };
    const row =
      (await shown(page).locator('> div', { hasText: 'see https://gate.example' }).boundingBox()) ?? box;
    const at = { x: row.x + 80, y: row.y + row.height / 2 };
    await page.mouse.move(at.x, at.y);
    await page.mouse.click(at.x, at.y);
    await expect(page.getByRole('dialog')).toBeHidden();
    await page.keyboard.down('Control');
    await page.mouse.move(at.x + 2, at.y);
    await page.mouse.click(at.x + 2, at.y);
    await page.keyboard.up('Control');
    const dialog = page.getByRole('dialog', { name: 'Link to evil.example' });
    await expect(dialog).toContainText('https://evil.example/login');
    expect(await clipboard(alice)).toBe('mine');
    await dialog.getByRole('button', { name: 'Copy address' }).click();
    await expect.poll(() => clipboard(alice)).toBe('https://evil.example/login');
    const log = await alice.app.evaluate(() => (globalThis as { openedByTest?: string[] }).openedByTest);
    expect(log).toEqual([]);
    expect(alice.app.windows()).toHaveLength(1);
  });

  test('goes on when the page crashes, and quitting names what runs in it', async ({ desktop }) => {
    const alice = await desktop('alice');
    const page = await started(alice);
    await openShell(page);
    await page.keyboard.type('echo still $((40 + 2)); exec sleep 1000\n');
    await expect(shown(page)).toContainText('still 42');
    await expect.poll(async () => (await appState(page)).tabs.open.length).toBe(1);
    await alice.app.evaluate(({ BrowserWindow }) =>
      BrowserWindow.getAllWindows()[0]?.webContents.forcefullyCrashRenderer(),
    );
    // Playwright's page is the one that crashed; the new one is asked through the main process.
    const ask = (script: string) =>
      alice.app.evaluate(({ BrowserWindow }, script) => {
        const asked = BrowserWindow.getAllWindows()[0]?.webContents.executeJavaScript(script);
        // A page that crashes while it is asked never answers.
        return Promise.race([asked, new Promise((resolve) => setTimeout(resolve, 500))]);
      }, script);
    await expect
      .poll(() => ask('document.querySelector(".xterm-rows")?.textContent').catch(() => undefined), {
        timeout: 20_000,
      })
      .toContain('still 42');
    await alice.app.evaluate(({ app }) => app.quit());
    await expect
      .poll(() => ask('document.querySelector("[role=dialog]")?.textContent').catch(() => undefined))
      .toMatch(/Local shell.*sleep is running/);
    await ask(
      '[...document.querySelectorAll("[role=dialog] button")].find((b) => b.textContent === "Quit").click()',
    ).catch(() => undefined);
    await alice.quitted();

    const again = await alice.open({ withGateway: false });
    await answerShells(alice, 0);
    await alice.signIn();
    const offer = again.getByRole('region', { name: 'Tabs of the last run' });
    await expect(offer).toContainText('Local shell');
    await expect(shown(again)).toHaveCount(0);
    await offer.getByRole('button', { name: 'Open it again' }).click();
    await expect(again.getByText('On this computer, not recorded')).toBeVisible();
    await again.keyboard.type('echo new $((1 + 1))\n');
    await expect(shown(again)).toContainText('new 2');
  });

  test('opens only when the person says so where no page can: once in each run', async ({ desktop }) => {
    const alice = await desktop('alice');
    const page = await started(alice);
    await answerShells(alice, 1);
    await go(page, 'local shell');
    await expect(page.getByRole('alert')).toContainText('you did not allow a shell on this computer');
    await answerShells(alice, 0);
    await page.getByRole('button', { name: 'Try again' }).click();
    await expect(page.getByText('On this computer, not recorded')).toBeVisible();
    await page.getByRole('button', { name: 'Another terminal like this' }).click();
    await expect(page.getByText('On this computer, not recorded')).toHaveCount(2);
    const asked = await alice.app.evaluate(() => (globalThis as { askedByApp?: string[] }).askedByApp);
    expect(asked).toEqual(['Open a shell on this computer?']);
  });

  test('has the variables of the database that it is opened for', async ({ desktop }) => {
    const alice = await desktop('alice');
    const page = await started(alice);
    await granted(page, STAGING);
    await go(page, 'local shell for orders-staging');
    await expect(page.getByText('with PG variables for orders-staging, read')).toBeVisible();
    await page.keyboard.type("psql -Atc 'select 40 + count(*) / count(*) + 1 from orders'\n");
    await expect(shown(page)).toContainText('42');
    const [tunnel] = (await appState(page)).tunnels;
    expect(tunnel).toMatchObject(STAGING);
  });

  test('reaches hosts by name with plain ssh, those granted meanwhile too', async ({ desktop }) => {
    const alice = await desktop('alice');
    const page = await started(alice);
    await openShell(page);
    await granted(page, BUILD_BOX);
    await expect
      .poll(async () => (await appState(page)).tunnels.map(({ resource }) => resource))
      .toContain('build-box');
    await page.keyboard.type("ssh build-box.drawbridge 'echo from $((6 * 7))'\n");
    await expect(shown(page)).toContainText('from 42', { timeout: 20_000 });
    await page.keyboard.type('echo over > note; scp -q note build-box.drawbridge:there && echo copied\n');
    await expect(shown(page)).toContainText(/copied\s*alice/, { timeout: 20_000 });
  });
});

test.describe('a shell on a host', () => {
  test('opens from the resource, is recorded, and ends with the access', async ({ desktop }) => {
    const alice = await desktop('alice');
    const page = await started(alice);
    await granted(page, BUILD_BOX);
    await page.getByRole('button', { name: 'Connect to build-box' }).click();
    const terminal = page.getByRole('region', { name: 'Terminal on build-box' });
    await expect(terminal.getByText('Recording', { exact: true })).toBeVisible({ timeout: 20_000 });
    await page.keyboard.type('echo on $((40 + 2)); stty size\n');
    await expect(shown(page)).toContainText('on 42');
    const size = (await sizeOf(page).textContent()) ?? '';
    await expect(shown(page)).toContainText(size.split(' × ').reverse().join(' '));
    await checkScreen(page, 'terminal');
    const { grants = [] } = await appState(page);
    const grant = grants.find(({ resource }) => resource === BUILD_BOX.resource);
    expect(grant?.state).toBe('active');
    await call(page, 'grants.end', { id: grant?.id ?? ('' as never) });
    await expect(page.getByRole('alert')).toContainText('The gateway ended the session');
    await expect(shown(page)).toContainText(
      /drawbridge: access to build-box ended:.*— ended by the gateway: your access was ended —/s,
    );
    await expect(terminal.getByRole('button', { name: 'Request access' })).toBeVisible();
    await checkScreen(page, 'terminal-ended');
  });
});
