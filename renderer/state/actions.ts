import { notifications } from '@mantine/notifications';
import { createElement } from 'react';
import type { Tab } from '../../main/ipc/app-state.ts';
import type { Pushes } from '../../main/ipc/contract.ts';
import { Icon } from '../theme/Icon.tsx';
import { appState } from './app-store.ts';
import { CallError, call } from './bridge.ts';
import { openTab, useView } from './view.ts';

const icons = { info: 'info', active: 'check', denied: 'refused' } as const;

/** Says something for a moment. Never the only place where a failure stands if there is a better one. */
export function showToast({ kind, title, body }: Pushes['toast']): void {
  notifications.show({
    title,
    message: body ?? '',
    icon: createElement(Icon, { name: icons[kind] }),
    withBorder: false,
    closeButtonProps: { 'aria-label': 'Close' },
    classNames: { root: 'toast', title: 'toast-title', description: 'toast-body', icon: 'toast-icon' },
    'data-kind': kind,
    autoClose: kind === 'denied' ? 12_000 : body === undefined ? 2500 : 6000,
  } as Parameters<typeof notifications.show>[0]);
}

/** What went wrong, as `message` and `hint` of main or the gateway say it. */
export function failureText(error: unknown): string {
  if (error instanceof CallError)
    return error.hint === undefined ? error.message : `${error.message} ${error.hint}`;
  return error instanceof Error ? error.message : String(error);
}

/** Runs what a button started; where it fails, says what didn't happen. Answers whether it worked. */
export async function attempt(what: string, work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    showToast({ kind: 'denied', title: what, body: failureText(error) });
    return false;
  }
}

/** A SQL console on a resource: the open one, or a new one. */
export function openConsole(resource: string, profile: string): void {
  openSessionTab({ kind: 'sql', id: crypto.randomUUID(), resource, profile, title: resource, text: '' });
}

/** One more console on the same resource. */
export function openAnotherConsole(resource: string, profile: string): void {
  openTab({ kind: 'sql', id: crypto.randomUUID(), resource, profile, title: resource, text: '' });
}

/** A shell on a host: the open terminal, or a new one. */
export function openTerminal(resource: string, profile: string): void {
  openSessionTab({ kind: 'ssh', id: crypto.randomUUID(), resource, profile, title: resource });
}

/** One more shell on the same host. */
export function openAnotherTerminal(resource: string, profile: string): void {
  openTab({ kind: 'ssh', id: crypto.randomUUID(), resource, profile, title: resource });
}

/** A shell on this computer; with `of`, the variables of that database are set in it. */
export function openLocalShell(of?: { readonly resource: string; readonly profile: string }): void {
  const title = of === undefined ? 'Local shell' : `Local shell for ${of.resource}`;
  openTab({ kind: 'shell', id: crypto.randomUUID(), title, ...(of === undefined ? {} : { of }) });
}

/** What *Connect* opens on a resource: the tab that fits its protocol. */
export function openConnection(resource: string, profile: string): void {
  const protocol = appState().resources?.find(({ name }) => name === resource)?.protocol ?? 'postgres';
  switch (protocol) {
    case 'postgres':
      openConsole(resource, profile);
      return;
    case 'ssh':
      openTerminal(resource, profile);
      return;
    default:
      protocol satisfies never;
  }
}

/** The connection card of a resource, in a tab of its own. */
export function openCard(resource: string, profile: string): void {
  openSessionTab({ kind: 'card', id: crypto.randomUUID(), resource, profile, title: resource });
  remember(resource);
}

export function openRecording(session: string, title: string): void {
  const open = useView.getState().tabs.find((tab) => tab.kind === 'recording' && tab.session === session);
  openTab(open ?? { kind: 'recording', id: crypto.randomUUID(), session, title });
}

/** Two clicks on *Connect* are meant as one session. */
function openSessionTab(tab: Extract<Tab, { kind: 'sql' | 'ssh' | 'card' }>): void {
  const open = useView
    .getState()
    .tabs.find(
      (known) => known.kind === tab.kind && known.resource === tab.resource && known.profile === tab.profile,
    );
  openTab(open ?? tab);
}

/** Puts a resource first among the recent ones. */
export function remember(resource: string): void {
  const { recents } = appState().settings;
  const next = [resource, ...recents.filter((name) => name !== resource)].slice(0, 8);
  void attempt('Recent resources were not kept', () => call('settings.set', { recents: next }));
}

export function toggleFavourite(resource: string): void {
  const { favourites } = appState().settings;
  const next = favourites.includes(resource)
    ? favourites.filter((name) => name !== resource)
    : [...favourites, resource];
  void attempt('The favourite was not kept', () => call('settings.set', { favourites: next }));
}

export function copyText(text: string, what: string): void {
  void attempt(`${what} was not copied`, async () => {
    await call('clipboard.write', { text });
    showToast({ kind: 'info', title: `${what} copied` });
  });
}
