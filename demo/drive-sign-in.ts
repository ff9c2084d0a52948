import { type HTMLElement, parse } from 'node-html-parser';
import { CookieJar } from 'tough-cookie';

const MAX_STEPS = 30;

interface Answer {
  readonly url: string;
  readonly response: Response;
}

/**
 * Does what a person does in a browser: follows redirects, keeps cookies, and presses the buttons of the forms it
 * meets until no form is left; where the form lists people, `person`'s. Resolves to the last page's address.
 * @throws Error with the page's words when a page says no.
 */
export async function driveSignIn(
  url: string,
  person: string,
  instead?: 'abort' | 'cancel',
): Promise<string> {
  const browser = new FormBrowser();
  let answer = await browser.open(url);
  for (let step = 0; step < MAX_STEPS; step += 1) {
    const html = await answer.response.text();
    const page = parse(html);
    if (!answer.response.ok || page.querySelector('[role=alert]'))
      throw new Error(`${answer.url.split('?')[0]} answered ${answer.response.status}: ${wordsOf(page)}`);
    const form = page.querySelector('form');
    if (!form) return answer.url;
    answer = await browser.submit(answer.url, form, pressed(form, person, instead));
  }
  throw new Error('The sign-in has no end.');
}

/** The button that calls the sign-in off where that is wanted; else the person's own where there is a choice, or the first. */
function pressed(form: HTMLElement, person: string, instead: string | undefined): HTMLElement | undefined {
  const buttons = form.querySelectorAll('button');
  const off = buttons.find((button) => instead !== undefined && button.getAttribute('name') === instead);
  if (off) return off;
  const choice = buttons.filter((button) => button.getAttribute('name') === 'person');
  if (choice.length === 0) return buttons[0];
  const own = choice.find((button) => button.getAttribute('value') === person);
  if (!own) throw new Error(`The identity provider knows no "${person}".`);
  return own;
}

/** Enough of a browser: redirects, cookies, forms. */
class FormBrowser {
  readonly #cookies = new CookieJar();

  async open(url: string, init: RequestInit = {}): Promise<Answer> {
    let [target, request] = [url, init];
    for (let hop = 0; hop < MAX_STEPS; hop += 1) {
      const cookie = await this.#cookies.getCookieString(target);
      const response = await fetch(target, {
        ...request,
        redirect: 'manual',
        headers: { ...request.headers, accept: 'text/html', ...(cookie === '' ? {} : { cookie }) },
        signal: AbortSignal.timeout(20_000),
      });
      for (const line of response.headers.getSetCookie()) await this.#cookies.setCookie(line, target);
      const location = response.headers.get('location');
      if (location === null) return { url: target, response };
      await response.body?.cancel();
      [target, request] = [new URL(location, target).href, {}];
    }
    throw new Error('The sign-in redirects without end.');
  }

  submit(url: string, form: HTMLElement, button: HTMLElement | undefined): Promise<Answer> {
    const fields = [...form.querySelectorAll('input'), ...(button ? [button] : [])].flatMap(
      (field): [string, string][] => {
        const name = field.getAttribute('name');
        return name === undefined ? [] : [[name, field.getAttribute('value') ?? '']];
      },
    );
    return this.open(new URL(form.getAttribute('action') ?? '', url).href, {
      method: 'POST',
      body: new URLSearchParams(fields),
    });
  }
}

const wordsOf = (page: HTMLElement): string =>
  (page.querySelector('main') ?? page).structuredText.replace(/\s+/g, ' ').trim().slice(0, 500);
