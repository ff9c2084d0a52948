import type { App, Session, WebContents } from 'electron';
import { isAppPage, isAppUrl } from '../ipc/app-origin.ts';
import { mayUse } from './permissions.ts';

/** A proxy that can't be reached. What the app itself has to say goes through Node, which asks no proxy of a session. */
const NOWHERE = 'socks5://0.0.0.0:0';

/** Holds for every page that this app ever makes, ours and any that shouldn't exist. */
export function hardenPages(app: Pick<App, 'on'>): void {
  app.on('web-contents-created', (_event, contents) => hardenPage(contents));
}

function hardenPage(contents: WebContents): void {
  contents.setWindowOpenHandler(() => ({ action: 'deny' }));
  contents.on('will-frame-navigate', (details) => {
    // Reloading is all that a page may do by itself; frames it may not have at all.
    if (!details.isMainFrame || !isAppPage(details.url)) details.preventDefault();
  });
  contents.on('will-redirect', (details) => details.preventDefault());
  contents.on('will-attach-webview', (event) => event.preventDefault());
  // No content security policy speaks of peer connections. Without a way around the proxy, which leads nowhere, they
  // can't send anything out either.
  contents.setWebRTCIPHandlingPolicy('disable_non_proxied_udp');
}

/** Permissions, devices and requests of the session that our page lives in. */
export function hardenSession(session: Session, allowDevtools: boolean): void {
  session.setPermissionRequestHandler((_contents, permission, callback) => callback(mayUse(permission)));
  session.setPermissionCheckHandler((_contents, permission) => mayUse(permission));
  session.setDevicePermissionHandler(() => false);
  session.setDisplayMediaRequestHandler((_request, callback) => callback({}));
  session.on('will-download', (event) => event.preventDefault());
  session.setSpellCheckerEnabled(false);
  // What no policy and no request filter sees (peer connections, preconnects) goes to a proxy that isn't there.
  void session.setProxy({ mode: 'fixed_servers', proxyRules: NOWHERE });
  // A second wall behind the content security policy: whatever asks, nothing but our own scheme is loaded.
  session.webRequest.onBeforeRequest((details, callback) => {
    const ours = isAppUrl(details.url) || (allowDevtools && details.url.startsWith('devtools:'));
    callback({ cancel: !ours && !details.url.startsWith('data:') && !details.url.startsWith('blob:') });
  });
}
