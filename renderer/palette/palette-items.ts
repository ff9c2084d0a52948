import type { AccessRequest, CommandReview, GrantId, Resource } from '@drawbridge/contract';
import type { AppState, Tab } from '../../main/ipc/app-state.ts';
import { protocolFacts } from '../resources/protocol-facts.ts';
import { tabFacts } from '../shell/tab-facts.ts';
import type { Access } from '../state/access-to.ts';
import { hostOf } from '../state/gateway-address.ts';
import { askedText } from '../state/request-text.ts';
import { durationText } from '../state/time-text.ts';
import type { Page } from '../state/view.ts';
import type { IconName } from '../theme/Icon.tsx';

/** What an entry does, as data; the palette runs it. */
export type PaletteAct =
  | { readonly do: 'page'; readonly page: Page }
  | { readonly do: 'tab'; readonly tab: string }
  | { readonly do: 'resource'; readonly resource: string }
  | { readonly do: 'connect' | 'card' | 'shell'; readonly resource: string; readonly profile: string }
  | { readonly do: 'request'; readonly resource: string; readonly profile: string | undefined }
  | { readonly do: 'end'; readonly grant: GrantId; readonly resource: string }
  | { readonly do: 'extend'; readonly grant: GrantId }
  /** Of a request, or of a held statement. */
  | { readonly do: 'review'; readonly request: string }
  | { readonly do: 'gateway'; readonly gateway: string }
  | { readonly do: 'theme'; readonly theme: 'system' | 'light' | 'dark' }
  | { readonly do: 'sidebar' | 'keys' | 'addGateway' | 'signOut' | 'localShell' };

export interface PaletteItem {
  readonly id: string;
  readonly group: 'Tabs' | 'Resources' | 'Approvals' | 'Pages' | 'Actions';
  readonly text: string;
  readonly note?: string;
  readonly icon: IconName;
  readonly production?: boolean;
  /** Only where something was typed: the first list stays short. */
  readonly more?: boolean;
  readonly act: PaletteAct;
}

interface PaletteSource {
  readonly state: AppState;
  readonly tabs: readonly Tab[];
  readonly access: ReadonlyMap<string, Access>;
  readonly reviewable: readonly AccessRequest[];
  /** What is held and waits for this person. */
  readonly held: readonly CommandReview[];
  readonly pages: readonly { readonly page: Page; readonly title: string; readonly icon: IconName }[];
  readonly isProduction: (resource: Resource) => boolean;
}

/** Everything the palette can reach, in the order it is offered before anything is typed. */
export function paletteItems({
  state,
  tabs,
  access,
  reviewable,
  held,
  pages,
  isProduction,
}: PaletteSource): readonly PaletteItem[] {
  return [
    ...tabs.map(
      (tab): PaletteItem => ({
        id: `tab ${tab.id}`,
        group: 'Tabs',
        text: tab.title,
        note: tabFacts(tab).what,
        icon: tabFacts(tab).icon,
        act: { do: 'tab', tab: tab.id },
      }),
    ),
    ...(state.resources ?? []).flatMap((resource) =>
      resourceItems(resource, access.get(resource.name) ?? { kind: 'none' }, isProduction(resource)),
    ),
    ...held.map(
      (review): PaletteItem => ({
        id: `review ${review.id}`,
        group: 'Approvals',
        text: `Review ${review.principal.displayName}: held on ${review.resource}`,
        note: review.text.slice(0, 60).replaceAll(/\s+/g, ' '),
        icon: 'held',
        act: { do: 'review', request: review.id },
      }),
    ),
    ...reviewable.map(
      (request): PaletteItem => ({
        id: `review ${request.id}`,
        group: 'Approvals',
        text: `Review ${request.principal.displayName}: ${askedText(request)}`,
        note: durationText(request.duration),
        icon: 'inbox',
        act: { do: 'review', request: request.id },
      }),
    ),
    ...pages.map(
      ({ page, title, icon }): PaletteItem => ({
        id: `page ${page}`,
        group: 'Pages',
        text: title,
        icon,
        act: { do: 'page', page },
      }),
    ),
    ...actionItems(state),
  ];
}

function resourceItems(resource: Resource, access: Access, production: boolean): readonly PaletteItem[] {
  const base = { group: 'Resources', production } as const;
  const { name } = resource;
  const about: PaletteItem = {
    ...base,
    id: `about ${name}`,
    text: name,
    note: 'Show',
    icon: 'resources',
    more: true,
    act: { do: 'resource', resource: name },
  };
  if (access.kind === 'active' || access.kind === 'ready') {
    const { profile, id } = access.grant;
    return [
      {
        ...base,
        id: `console ${name}`,
        text: `Connect to ${name}`,
        note: resource.protocol === 'ssh' ? `${profile}, terminal` : `${profile}, SQL console`,
        icon: protocolFacts(resource.protocol).icon,
        act: { do: 'connect', resource: name, profile },
      },
      ...(resource.protocol === 'postgres'
        ? [
            {
              ...base,
              id: `shell ${name}`,
              text: `Local shell for ${name}`,
              note: `${profile}, PG variables set`,
              icon: 'terminal',
              more: true,
              act: { do: 'shell', resource: name, profile },
            } as const,
          ]
        : []),
      {
        ...base,
        id: `card ${name}`,
        text: `Connection card of ${name}`,
        note: profile,
        icon: 'card',
        more: true,
        act: { do: 'card', resource: name, profile },
      },
      ...(access.kind === 'active'
        ? [
            {
              ...base,
              id: `extend ${name}`,
              text: `More time on ${name}`,
              note: profile,
              icon: 'clock',
              more: true,
              act: { do: 'extend', grant: id },
            } as const,
          ]
        : []),
      {
        ...base,
        id: `end ${name}`,
        text: `End access to ${name}`,
        note: profile,
        icon: 'power',
        more: true,
        act: { do: 'end', grant: id, resource: name },
      },
      about,
    ];
  }
  if (access.kind === 'none' || access.kind === 'denied') {
    return [
      {
        ...base,
        id: `request ${name}`,
        text: `Request access to ${name}`,
        icon: 'key',
        act: { do: 'request', resource: name, profile: undefined },
      },
      about,
    ];
  }
  return [{ ...about, more: false }];
}

function actionItems(state: AppState): readonly PaletteItem[] {
  const action = (id: string, text: string, icon: IconName, act: PaletteAct): PaletteItem => ({
    id,
    group: 'Actions',
    text,
    icon,
    act,
  });
  const themes = (['light', 'dark', 'system'] as const).filter((theme) => theme !== state.settings.theme);
  return [
    ...state.gateways
      .filter((gateway) => gateway.id !== state.activeGateway)
      .map((gateway) =>
        action(`gateway ${gateway.id}`, `Switch to ${gateway.name} (${hostOf(gateway.url)})`, 'link', {
          do: 'gateway',
          gateway: gateway.id,
        }),
      ),
    ...themes.map((theme) => action(`theme ${theme}`, `Theme: ${theme}`, 'sun', { do: 'theme', theme })),
    action('localShell', 'Local shell', 'terminal', { do: 'localShell' }),
    action('sidebar', 'Show or fold the sidebar', 'sidebar', { do: 'sidebar' }),
    action('keys', 'Keyboard shortcuts', 'keyboard', { do: 'keys' }),
    action('addGateway', 'Add a gateway', 'plus', { do: 'addGateway' }),
    action('signOut', 'Sign out', 'signOut', { do: 'signOut' }),
  ];
}

/** What matches the words typed, best first: at the start of a word before inside one, short before long. */
export function searchPalette(items: readonly PaletteItem[], text: string): readonly PaletteItem[] {
  const words = text
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  if (words.length === 0) return items.filter((item) => item.more !== true);
  const scored = items.flatMap((item) => {
    const haystack = `${item.text} ${item.note ?? ''} ${item.group}`.toLowerCase();
    let score = 0;
    for (const word of words) {
      const at = haystack.indexOf(word);
      if (at === -1) return [];
      const start = at === 0 || new RegExp(`(^|[^\\p{L}\\p{N}])${escapeRegExp(word)}`, 'u').test(haystack);
      score += at === 0 ? 0 : start ? 1 : 3;
    }
    return [{ item, score: score + item.text.length / 1000 }];
  });
  return scored.toSorted((a, b) => a.score - b.score).map(({ item }) => item);
}

const escapeRegExp = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
