/** Where the page is served from: a scheme of our own (`standard`, `secure`), never `file:` or `http:`. */
export const APP_SCHEME = 'drawbridge-app';
const APP_HOST = 'app';
const APP_ORIGIN = `${APP_SCHEME}://${APP_HOST}`;
export const APP_PAGE = `${APP_ORIGIN}/index.html`;

/** Whether an address is of exactly our origin. Compared by its parsed parts, never by how the text begins. */
export function isAppUrl(address: string): boolean {
  if (!URL.canParse(address)) return false;
  const url = new URL(address);
  return (
    url.protocol === `${APP_SCHEME}:` &&
    url.hostname === APP_HOST &&
    url.port === '' &&
    url.username === '' &&
    url.password === ''
  );
}

/** Whether it is the page itself: the one place that the window shows. */
export const isAppPage = (address: string): boolean =>
  isAppUrl(address) && ['/', '/index.html'].includes(new URL(address).pathname);
