import type { AccessRequest, CommandReview, Grant, Session } from '@drawbridge/contract';
import type { AppState, StatePatch } from '../../main/ipc/app-state.ts';
import type { Bridge, IpcAnswer, OperationName, Payload, Pushes, PushName } from '../../main/ipc/contract.ts';
import { id } from './people.ts';

type Handlers = { [N in OperationName]?: (payload: Payload<N>) => unknown };

export interface FakeBridge extends Bridge {
  readonly push: <N extends PushName>(name: N, value: Pushes[N]) => void;
}

/** A main process that only remembers, for opening the pages in a browser. Never part of what is built. */
export function createFakeBridge(first: AppState, sessions: readonly Session[]): FakeBridge {
  let state = first;
  const listeners = new Map<PushName, Set<(value: never) => void>>();
  const push: FakeBridge['push'] = (name, value) => {
    for (const listener of listeners.get(name) ?? []) listener(value as never);
  };
  const patch = (change: StatePatch) => {
    state = { ...state, ...change };
    push('state.patch', change);
  };
  const now = () => new Date().toISOString();
  const replaceRequest = (changed: AccessRequest) => {
    patch({
      requests: (state.requests ?? []).map((request) => (request.id === changed.id ? changed : request)),
    });
    return changed;
  };
  const requestOf = (wanted: string) => {
    const found = state.requests?.find((request) => request.id === wanted);
    if (found === undefined) throw new Error('There is no such request.');
    return found;
  };

  const replaceHeld = (
    wanted: string,
    change: (review: CommandReview, me: CommandReview['principal']) => Partial<CommandReview>,
  ) => {
    const found = state.commandReviews?.find((review) => review.id === wanted);
    if (found === undefined || state.me === undefined) throw new Error('There is no such review.');
    const changed = { ...found, decidedAt: now(), ...change(found, state.me.user) };
    patch({
      commandReviews: (state.commandReviews ?? []).map((review) => (review === found ? changed : review)),
    });
    return changed;
  };

  const handlers: Handlers = {
    'state.get': () => state,
    'settings.set': (change) =>
      patch({ settings: { ...state.settings, ...(change as Partial<AppState['settings']>) } }),
    'gateways.add': ({ url }) => {
      const gateway = { id: url, name: new URL(url).host, url };
      patch({
        gateways: [...state.gateways, gateway],
        activeGateway: gateway.id,
        connection: { status: 'sign-in-needed', since: now() },
      });
    },
    'gateways.select': ({ id: activeGateway }) => patch({ activeGateway }),
    'signIn.start': () =>
      patch({
        connection: {
          status: 'signing-in',
          url: 'https://gate.acme.dev/oidc/auth?client_id=drawbridge-desktop',
          since: now(),
        },
      }),
    'signIn.cancel': () => patch({ connection: { status: 'sign-in-needed', since: now() } }),
    'requests.create': (wanted) => {
      const resource = state.resources?.find((candidate) => candidate.name === wanted.resource);
      const profile = resource?.profiles.find((candidate) => candidate.name === wanted.profile);
      if (state.me === undefined || resource === undefined || profile === undefined)
        throw new Error('Not there.');
      const { protocol, labels } = resource;
      const request: AccessRequest = {
        id: id('req', 77) as AccessRequest['id'],
        principal: state.me.user,
        resource: resource.name,
        profile: profile.name,
        protocol,
        labels,
        targets: [{ resource: resource.name, profile: profile.name, protocol, labels }],
        duration: wanted.duration,
        reason: wanted.reason,
        ...(wanted.scope && { scope: wanted.scope }),
        ...(wanted.extends && { extends: wanted.extends as Grant['id'] }),
        grantIds: [],
        state: 'pending',
        needs: profile.needs,
        reviews: [],
        reviewable: false,
        createdAt: now(),
        expiresAt: new Date(Date.now() + 86_400_000).toISOString(),
      };
      patch({ requests: [...(state.requests ?? []), request] });
      return request;
    },
    'commands.vote': ({ id: wanted, vote }) =>
      replaceHeld(wanted, ({ votes }, me) => ({
        state: vote.verdict === 'approve' ? 'approved' : 'denied',
        reviewable: false,
        votes: [...votes, { ...vote, reviewer: me, createdAt: now() }],
      })),
    'commands.withdraw': ({ id: wanted }) => replaceHeld(wanted, () => ({ state: 'withdrawn' })),
    'commands.breakGlass': ({ id: wanted, reason }) =>
      replaceHeld(wanted, () => ({
        state: 'approved',
        brokenGlass: { reason, at: now(), told: ['security'] },
      })),
    'requests.cancel': (payload) =>
      replaceRequest({ ...requestOf(payload.id), state: 'cancelled', decidedAt: now() }),
    'requests.review': (payload) => {
      const request = requestOf(payload.id);
      const { me } = state;
      if (me === undefined) throw new Error('Nobody is signed in.');
      return replaceRequest({
        ...request,
        state: payload.review.verdict === 'approve' ? 'approved' : 'denied',
        reviewable: false,
        decidedAt: now(),
        reviews: [
          ...request.reviews,
          {
            ...payload.review,
            id: id('rev', 78) as never,
            requestId: request.id,
            reviewer: me.user,
            createdAt: now(),
          },
        ],
      });
    },
    'grants.end': (payload) => {
      const grant = state.grants?.find((candidate) => candidate.id === payload.id);
      if (grant === undefined) throw new Error('There is no such grant.');
      const ended: Grant = { ...grant, state: 'ended', endedAt: now(), endedBy: grant.principal };
      patch({
        grants: (state.grants ?? []).map((candidate) => (candidate.id === ended.id ? ended : candidate)),
      });
      return ended;
    },
    'sessions.list': ({ user }) => ({
      sessions: sessions.filter((session) => user === undefined || session.principal.name === user),
    }),
    'audit.list': () => ({ events: [] }),
    'tunnels.open': ({ resource, profile }) => {
      const port = state.settings.ports[`${resource}/${profile}`] ?? 54_400;
      const grantId = state.grants?.find((grant) => grant.resource === resource)?.id ?? '';
      const tunnel = {
        id: `tun-${resource}`,
        resource,
        profile,
        grantId,
        host: '127.0.0.1',
        port,
        user: 'alice',
        database: 'orders',
        connections: 0,
        openedAt: now(),
      } as const;
      patch({
        tunnels: [...state.tunnels, tunnel],
        settings: { ...state.settings, ports: { ...state.settings.ports, [`${resource}/${profile}`]: port } },
      });
      return { tunnel: tunnel.id };
    },
    'tunnels.close': ({ tunnel }) => patch({ tunnels: state.tunnels.filter((open) => open.id !== tunnel) }),
    'tunnels.setPort': ({ resource, profile, port }) =>
      patch({
        settings: { ...state.settings, ports: { ...state.settings.ports, [`${resource}/${profile}`]: port } },
        tunnels: state.tunnels.map((open) => (open.resource === resource ? { ...open, port } : open)),
      }),
    'tunnels.revealSecret': () => ({ secret: 'made-up-for-looking-at' }),
    'sql.history': () => ({ entries: [] }),
    'recordings.verify': () => ({ ok: true, events: 42 }),
    'recordings.export': () => ({}),
    'files.save': () => ({}),
  };

  return {
    push,
    async call(name, payload) {
      const handler = handlers[name] as ((value: unknown) => unknown) | undefined;
      try {
        return { ok: true, value: handler?.(payload) } as IpcAnswer<never>;
      } catch (error) {
        return { ok: false, error: { code: 'internal', message: String(error) } };
      }
    },
    on(name, listener) {
      const set = listeners.get(name) ?? new Set();
      listeners.set(name, set.add(listener as (value: never) => void));
      return () => set.delete(listener as (value: never) => void);
    },
  };
}
