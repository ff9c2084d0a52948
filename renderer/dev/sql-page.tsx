import '../theme/theme.css';
import type { Grant, ProfileAccess, Resource } from '@drawbridge/contract';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import type { AppState } from '../../main/ipc/app-state.ts';
import type { Bridge } from '../../main/ipc/contract.ts';
import { Shell } from '../shell/Shell.tsx';
import { openConsole, openRecording } from '../state/actions.ts';
import { startAppStore } from '../state/app-store.ts';
import { showPage } from '../state/view.ts';
import { ThemeProvider } from '../theme/ThemeProvider.tsx';
import {
  liveShellSample,
  playRecording,
  sessionSamples,
  shellSample,
  unwatchableSample,
} from './scripted-recording.ts';
import { playShell } from './scripted-shell.ts';
import { deniedSample, heldSample, playConsole } from './scripted-sql.ts';

/** Consoles and recordings in a plain browser, main played by scripts: `dev/sql.html?theme=dark&show=console`. */
const query = new URLSearchParams(location.search);
const theme = query.get('theme') === 'dark' ? 'dark' : 'light';

const profile = (name: string, allow: string[], groups: string[]): ProfileAccess => ({
  name,
  allow,
  maxDuration: 3600,
  access: 'review',
  needs: [{ kind: 'approve', count: 1, groups, policy: 'production-needs-a-dba' }],
  policies: [],
});
const me = { kind: 'user' as const, id: 'usr_alice', name: 'alice', displayName: 'Alice Moreau' };
const grant = {
  id: 'grt_1',
  requestId: 'req_1',
  principal: me,
  resource: 'orders-db',
  profile: 'read',
  state: 'active',
  duration: 3600,
  reason: 'INC-4182',
  approvedBy: [],
  createdAt: new Date(Date.now() - 1_000_000).toISOString(),
  activateBy: new Date(Date.now() + 20_000_000).toISOString(),
  activatedAt: new Date(Date.now() - 1_128_000).toISOString(),
  expiresAt: new Date(Date.now() + 2_472_000).toISOString(),
} as unknown as Grant;
const resource = {
  name: 'orders-db',
  protocol: 'postgres',
  labels: { env: 'prod' },
  database: 'orders',
  profiles: [profile('read', ['sql.read'], ['dba']), profile('write', ['sql.read', 'sql.write'], ['dba'])],
  maskedColumns: ['ssn', 'phone', 'email', 'card_number'].map((name) => ({
    column: `public.customers.${name}`,
    mask: 'full',
    rule: 'customer-pii',
  })),
} as unknown as Resource;
const state = {
  app: {
    platform: query.get('platform') ?? 'darwin',
    version: '0.1.0',
    vault: { persistent: true, backend: 'keychain' },
  },
  gateways: [{ id: 'g', name: 'Acme', url: 'https://gate.acme.dev' }],
  activeGateway: 'g',
  connection: { status: 'online', since: new Date().toISOString() },
  me: {
    user: { ...me, provider: 'acme', subject: 'alice', email: 'alice@acme.dev', groups: ['payments'] },
    may: { review: false, apply: false, readAdmin: false, viewRecordings: true },
    gateway: { name: 'Acme', version: '0.1.0' },
  },
  resources: [resource],
  requests: [],
  grants: [grant],
  commandReviews: [heldSample, deniedSample],
  tunnels: [],
  settings: {
    theme,
    resourceView: 'list',
    sidebarCollapsed: false,
    notifications: true,
    terminal: { fontSize: 13, scrollback: 10_000, bell: true, screenReader: false },
    favourites: [],
    recents: [],
    ports: {},
  },
  tabs: { open: [], offered: [] },
} as unknown as AppState;

const giveTo = (id: string, play: (port: MessagePort) => void) => {
  const { port1, port2 } = new MessageChannel();
  setTimeout(() => {
    window.postMessage({ port: id }, '*', [port2]);
    play(port1);
  }, 20);
};

const isShell = (session: string) =>
  sessionSamples.some(({ id, protocol }) => id === session && protocol === 'ssh');

const answers: Record<string, (payload: never) => unknown> = {
  'state.get': () => state,
  'sql.connect': ({ id }: { id: string }) => giveTo(id, playConsole),
  'sql.history': () => ({
    entries: [
      { text: 'SELECT 1', at: new Date().toISOString(), ok: true },
      { text: 'SELECT stauts FROM payments', at: new Date(Date.now() - 9e7).toISOString(), ok: false },
    ],
  }),
  'sessions.get': ({ session }: { session: string }) => sessionSamples.find(({ id }) => id === session),
  'recordings.open': ({ id, session, follow }: { id: string; session: string; follow?: boolean }) =>
    giveTo(id, (port) =>
      isShell(session) ? playShell(port, session, follow === true) : playRecording(port, session),
    ),
  'recordings.verify': () => ({ ok: true, events: 1204 }),
  'recordings.export': () => ({ saved: '/tmp/recording.ndjson' }),
  'sessions.list': ({ before }: { before?: string }) => ({
    sessions: before === undefined ? sessionSamples : [],
  }),
  'files.save': () => ({ saved: '/tmp/result.csv' }),
};
const bridge: Bridge = {
  call: async (name, payload) => ({ ok: true, value: answers[name]?.(payload as never) as never }),
  on: () => () => {},
};
Object.defineProperty(window, 'drawbridge', { value: bridge });
Object.defineProperty(window, 'copied', { value: [], writable: true });

await startAppStore();
const show = query.get('show') ?? 'console';
if (show === 'recordings') showPage('recordings');
else if (show === 'recording')
  openRecording(sessionSamples.find(({ protocol }) => protocol === 'postgres')?.id ?? '', 'orders-db');
else if (show === 'player') openRecording(shellSample.id, 'build-box');
else if (show === 'watching') openRecording(liveShellSample.id, 'build-box');
else if (show === 'not-mine') openRecording(unwatchableSample.id, 'build-box');
else openConsole('orders-db', 'read');
const root = document.getElementById('root');
if (root)
  createRoot(root).render(
    <StrictMode>
      <ThemeProvider choice={theme}>
        <Shell />
      </ThemeProvider>
    </StrictMode>,
  );
