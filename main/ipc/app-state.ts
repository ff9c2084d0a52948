import { AccessRequest, CommandReview, Grant, Me, Name, Resource } from '@drawbridge/contract';
import { z } from 'zod';

/**
 * What the renderer shows, as the main process holds it. Main owns it and sends whole slices when they
 * change; the renderer never edits it, it asks for operations (see `contract.ts`). No token is in it.
 */
export const GatewayProfile = z.object({ id: z.string(), name: z.string(), url: z.url() });
export type GatewayProfile = z.infer<typeof GatewayProfile>;

/** How the active gateway is doing. `since` is when that began, for *since 13:58*. */
export const ConnectionState = z.discriminatedUnion('status', [
  z.object({ status: z.literal('none') }),
  z.object({ status: z.literal('connecting'), since: z.string() }),
  z.object({ status: z.literal('sign-in-needed'), reason: z.string().optional(), since: z.string() }),
  /** `url` is for copying by hand where no browser opened. */
  z.object({ status: z.literal('signing-in'), url: z.string().optional(), since: z.string() }),
  z.object({ status: z.literal('online'), since: z.string() }),
  z.object({ status: z.literal('offline'), reason: z.string(), since: z.string() }),
]);
export type ConnectionState = z.infer<typeof ConnectionState>;

/** An open tunnel. Its secret is not here: it is asked for when somebody wants to see or copy it. */
export const TunnelState = z.object({
  id: z.string(),
  resource: Name,
  profile: Name,
  grantId: z.string(),
  host: z.literal('127.0.0.1'),
  port: z.int(),
  user: z.string(),
  database: z.string(),
  /** Client connections open now, the app's own consoles included. */
  connections: z.int(),
  openedAt: z.string(),
  /** Of SSH: the key file to show at the port, and the line that does. Neither is a secret. */
  ssh: z.object({ identityFile: z.string(), command: z.string() }).optional(),
});
export type TunnelState = z.infer<typeof TunnelState>;

const Theme = z.enum(['system', 'light', 'dark']);

/** How terminals look and behave. */
export const TerminalSettings = z.object({
  /** CSS pixels. */
  fontSize: z.int().min(8).max(32),
  /** Lines kept above the screen. */
  scrollback: z.int().min(0).max(100_000),
  bell: z.boolean(),
  /** Keeps a text of the screen that screen readers can follow; costs time. */
  screenReader: z.boolean(),
});
export type TerminalSettings = z.infer<typeof TerminalSettings>;

/** Settings that a person may change; those of a gateway's resources are kept by gateway profile. */
export const Settings = z.object({
  theme: Theme,
  resourceView: z.enum(['list', 'cards']),
  sidebarCollapsed: z.boolean(),
  notifications: z.boolean(),
  terminal: TerminalSettings,
  favourites: z.array(Name),
  /** Most recent first. */
  recents: z.array(Name),
  /** Local port by `resource/profile`; stable over restarts. */
  ports: z.record(z.string(), z.int().min(1024).max(65_535)),
});
export type Settings = z.infer<typeof Settings>;

/** A tab. Pages (Resources, …) are not tabs; sessions are. */
export const Tab = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('sql'),
    id: z.string(),
    resource: Name,
    profile: Name,
    title: z.string(),
    text: z.string().max(1_000_000),
  }),
  z.object({ kind: z.literal('ssh'), id: z.string(), resource: Name, profile: Name, title: z.string() }),
  /** A shell on this computer, perhaps with the `PG…` variables of a resource. */
  z.object({
    kind: z.literal('shell'),
    id: z.string(),
    title: z.string(),
    of: z.object({ resource: Name, profile: Name }).optional(),
  }),
  z.object({ kind: z.literal('card'), id: z.string(), resource: Name, profile: Name, title: z.string() }),
  z.object({ kind: z.literal('recording'), id: z.string(), session: z.string(), title: z.string() }),
]);
export type Tab = z.infer<typeof Tab>;

export const AppState = z.object({
  app: z.object({
    platform: z.enum(['darwin', 'win32', 'linux']),
    version: z.string(),
    /** Where sign-ins are kept: the system's keyring, or only in memory (with the reason). */
    vault: z.object({ persistent: z.boolean(), backend: z.string() }),
  }),
  gateways: z.array(GatewayProfile),
  activeGateway: z.string().optional(),
  connection: ConnectionState,
  me: Me.optional(),
  /** Undefined until first loaded; kept, readable, while offline. */
  resources: z.array(Resource).optional(),
  requests: z.array(AccessRequest).optional(),
  grants: z.array(Grant).optional(),
  /** Held statements and commands: the person's own, and those that they may review or are told of. */
  commandReviews: z.array(CommandReview).optional(),
  tunnels: z.array(TunnelState),
  settings: Settings,
  /** Tabs of the last run, offered once; `restored` says whether the person was asked. */
  tabs: z.object({ open: z.array(Tab), active: z.string().optional(), offered: z.array(Tab) }),
});
export type AppState = z.infer<typeof AppState>;

/** What main sends when something changed: the slices that did. */
export type StatePatch = Partial<AppState>;
