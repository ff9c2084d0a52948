import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Locator, Page } from '@playwright/test';
import { Cli } from '../support/cli.ts';
import { SignedIn } from '../support/signed-in.ts';
import { Desktop } from './support/desktop.ts';
import { checkScreen } from './support/screen.ts';
import { expect, test } from './support/test.ts';

/** A shell on build-box as Alice has it, in OpenSSH's own client. */
class Shell {
  readonly child: ChildProcess;
  output = '';

  constructor(cli: Cli) {
    const args = ['-tt', '-F', join(cli.home, 'ssh', 'config'), 'build-box.drawbridge'];
    this.child = spawn('ssh', args, { env: { ...process.env, DRAWBRIDGE_HOME: cli.home } });
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.output += text;
    });
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.output += text;
    });
  }

  type(text: string): void {
    this.child.stdin?.write(text);
  }
}

/** What a program on a host may try, and what none of it may do to who looks on. */
const HOSTILE = [
  '\\e]52;c;ZXZpbA==\\a',
  '\\e]0;Approve everything\\a',
  '\\e]8;;https://evil.example\\aa link\\e]8;;\\a',
  '\\e]10;#000000\\a\\e]11;#000000\\a',
  '\\e[?1003h\\e[8;2;2t',
].join('');

test.describe('Carol watches what Alice does on a host', () => {
  test.describe.configure({ mode: 'serial' });
  let cli: Cli;
  let shell: Shell;
  let carol: Desktop;
  let page: Page;
  const recording = (): Locator => page.getByRole('region', { name: 'Recording of build-box' });
  const screen = (): Locator => recording().locator('.recscreen .xterm-rows');
  const clipboard = () => carol.app.evaluate(({ clipboard }) => clipboard.readText());

  test.beforeAll(async ({ world, display }) => {
    const alice = await SignedIn.at(world.demo.url, 'alice');
    await alice.gets('build-box', { profile: 'shell', seconds: 3600 });
    cli = await Cli.signedIn(world.demo.url, 'alice');
    const written = await cli.run(['ssh-config']);
    if (written.status !== 0) throw new Error(`No ssh-config.\n${written.stderr}`);
    carol = await Desktop.create({ person: 'carol', display: display.env, gateway: world.demo.url });
  });
  test.afterAll(async () => {
    shell?.child.kill('SIGKILL');
    await carol?.remove();
    await cli?.remove();
  });

  test('as it happens, marked as live', async () => {
    shell = new Shell(cli);
    shell.type("PS1='alice$ '\nstty -echo; echo first-$((40 + 2))\n");
    await expect.poll(() => shell.output, { timeout: 30_000 }).toContain('first-42');
    page = await carol.open();
    await carol.signIn();
    await page.getByRole('button', { name: 'Recordings', exact: true }).click();
    await page.getByRole('button', { name: /build-box.*Watch live/ }).click();
    await expect(recording().getByText('LIVE', { exact: true })).toBeVisible();
    await expect(screen()).toContainText('first-42');
    shell.type('echo second-$((40 + 3))\n');
    await expect(screen()).toContainText('second-43');
    await expect(recording().getByRole('button', { name: 'Export' })).toHaveCount(0);
    await checkScreen(page, 'watching');
  });

  test('and nothing that the host writes gets out of the picture', async () => {
    await carol.app.evaluate(({ clipboard }) => clipboard.writeText('kept'));
    const title = await page.title();
    shell.type(`printf '${HOSTILE}'; echo third-$((40 + 4))\n`);
    await expect(screen()).toContainText('third-44');
    await expect(screen()).toContainText('a link');
    expect(await clipboard()).toBe('kept');
    expect(await page.title()).toBe(title);
    await screen()
      .getByText('a link')
      .click({ force: true, modifiers: ['Control'] });
    expect(carol.app.windows()).toHaveLength(1);
    await expect(
      recording().locator('.recscreen .xterm-underline-5, .recscreen .xterm-cursor-pointer'),
    ).toHaveCount(0);
  });

  test('goes back while it goes on, and to the end again', async () => {
    const time = recording().getByRole('slider', { name: 'Time in the recording' });
    await time.focus();
    await page.keyboard.press('Home');
    await expect(screen()).not.toContainText('third-44');
    shell.type('echo fourth-$((40 + 5))\n');
    await expect.poll(() => shell.output).toContain('fourth-45');
    await expect(time).toHaveAttribute('aria-valuenow', '0');
    await expect(screen()).not.toContainText('third-44');
    await recording().getByRole('button', { name: 'Back to live' }).click();
    await expect(screen()).toContainText('fourth-45');
    await expect(screen()).toContainText('third-44');
  });

  test('ends the session with a reason, which Alice sees, and has its recording', async () => {
    await recording().getByRole('button', { name: 'End session' }).click();
    const dialog = page.getByRole('dialog', { name: 'End the session on build-box' });
    await expect(dialog.getByRole('button', { name: 'End session' })).toBeDisabled();
    await dialog.getByRole('textbox', { name: /^Reason/ }).fill('That is the wrong host');
    const closed = once(shell.child, 'close');
    await dialog.getByRole('button', { name: 'End session' }).click();
    await expect(dialog).toBeHidden();
    await closed;
    expect(shell.output).toContain('ended by Carol Lindqvist (That is the wrong host)');
    await expect(recording().getByText('LIVE', { exact: true })).toHaveCount(0);
    await expect(recording().getByRole('listbox', { name: 'What happened' })).toContainText(
      'ended by Carol Lindqvist (That is the wrong host)',
    );
    await recording().getByRole('button', { name: 'Verify' }).click();
    await expect(recording().getByText(/Verified/)).toBeVisible();
  });

  test('plays it back: by time, by what it shows, and by what happened', async () => {
    const time = recording().getByRole('slider', { name: 'Time in the recording' });
    await time.focus();
    await page.keyboard.press('Home');
    await expect(screen()).not.toContainText('first-42');
    const find = recording().getByRole('textbox', { name: 'Find in this recording' });
    await find.fill('second-43');
    await expect(recording().getByRole('status').filter({ hasText: '1 time' })).toBeVisible();
    await find.press('Enter');
    await expect(screen()).toContainText('second-43');
    await expect(screen()).not.toContainText('third-44');
    await checkScreen(page, 'player');
    await find.press('Escape');

    const events = recording().getByRole('listbox', { name: 'What happened' });
    await events.getByRole('option').filter({ hasText: 'The session ended' }).click();
    await expect(screen()).toContainText('third-44');
    await recording().getByRole('radio', { name: '8 times' }).click({ force: true });
    await time.focus();
    await page.keyboard.press('Home');
    await page.keyboard.press(' ');
    await expect(screen()).toContainText('third-44', { timeout: 30_000 });
    await expect(recording().getByRole('button', { name: 'Play', exact: true })).toBeVisible();
  });
});
