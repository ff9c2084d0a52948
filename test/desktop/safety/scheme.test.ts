import { appState } from '../support/bridge.ts';
import { expect, test } from '../support/test.ts';

test.describe("the app's own scheme", () => {
  test('serves the page and nothing outside of its folder, however the path is written', async ({
    desktop,
  }) => {
    const alice = await desktop('alice');
    const page = await alice.open();
    await appState(page);
    // From the main process, where no policy of the page is in the way: what the scheme itself answers.
    const answers = await alice.app.evaluate(async ({ net }) => {
      const paths = [
        'app/index.html',
        'app/../package.json',
        'app/%2e%2e/package.json',
        'app/..%2fpackage.json',
        'app/..%2f..%2fpackage.json',
        'app/%2e%2e%2f%2e%2e%2fetc%2fpasswd',
        'app/..%5c..%5cpackage.json',
        'app/..\\main\\main.js',
        'app/assets/../../main/main.js',
        'app/assets/%2e%2e/%2e%2e/main/main.js',
        'app//etc/passwd',
        'app/%2fetc%2fpasswd',
        'app/%00index.html',
        'app/index.html%00.png',
        'app/%c0%ae%c0%ae/package.json',
        'app/./.stamp',
        'app/..renderer/index.html',
        'evil/index.html',
        'app.evil/index.html',
      ];
      return Promise.all(
        paths.map(async (path) => {
          const answer = await net.fetch(`drawbridge-app://${path}`).catch(() => undefined);
          return [path, answer?.status ?? 0] as const;
        }),
      );
    });
    const [first, ...others] = answers;
    expect(first).toEqual(['app/index.html', 200]);
    for (const [path, status] of others) expect([path, [0, 404].includes(status)]).toEqual([path, true]);
  });

  test('refuses other methods, and says with everything that it serves what a page may do', async ({
    desktop,
  }) => {
    const alice = await desktop('alice');
    await appState(await alice.open());
    const { post, policy, sniff } = await alice.app.evaluate(async ({ net }) => {
      const posted = await net.fetch('drawbridge-app://app/index.html', { method: 'POST', body: 'x' });
      const got = await net.fetch('drawbridge-app://app/index.html');
      return {
        post: posted.status,
        policy: got.headers.get('content-security-policy') ?? '',
        sniff: got.headers.get('x-content-type-options'),
      };
    });
    expect(post).toBe(405);
    expect(sniff).toBe('nosniff');
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("connect-src 'none'");
    expect(policy).not.toMatch(/unsafe-(inline|eval|hashes)|wasm-unsafe|https?:|\*/);
  });

  test('runs no script that stands in the page or is made from text', async ({ desktop }) => {
    const alice = await desktop('alice');
    const page = await alice.open();
    await appState(page);
    const ran = await page.evaluate(async () => {
      const ran: string[] = [];
      Object.assign(window, { ran });
      const script = Object.assign(document.createElement('script'), { textContent: "ran.push('inline')" });
      document.head.append(script);
      const button = document.createElement('button');
      button.setAttribute('onclick', "ran.push('attribute')");
      document.body.append(button);
      button.click();
      const image = document.createElement('div');
      image.innerHTML = `<img src="x" onerror="ran.push('handler')">`;
      document.body.append(image);
      const data = Object.assign(document.createElement('script'), {
        src: "data:text/javascript,ran.push('data')",
      });
      document.head.append(data);
      const blob = URL.createObjectURL(new Blob(["ran.push('blob')"], { type: 'text/javascript' }));
      document.head.append(Object.assign(document.createElement('script'), { src: blob }));
      // The inspector lets what it evaluates use eval; what a timer runs is the page's.
      await new Promise((resolve) => setTimeout(resolve, 300));
      await new Promise<void>((resolve) => {
        setTimeout(() => {
          try {
            // biome-ignore lint/security/noGlobalEval: the attempt is the test
            eval("ran.push('eval')");
          } catch {
            // Refused, as it should be.
          }
          try {
            new Function("ran.push('Function')")();
          } catch {
            // Refused, as it should be.
          }
          resolve();
        }, 50);
      });
      return ran;
    });
    expect(ran).toEqual([]);
  });
});
