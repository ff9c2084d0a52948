import { isIP } from 'node:net';
import type { ActionName, Principal } from '@drawbridge/contract';
import type { CedarValueJson, EntityJson, TypeAndId } from './cedar.ts';
import { actionContext, type ContextKind } from './schema.ts';

/** A resource as policy sees it; `object` is what the action is done to inside it (`public.customers`). */
export interface PolicyResource {
  readonly name: string;
  readonly protocol: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly object?: string;
}

/** Facts of a question. What is left out takes the value that permits least. */
export interface Facts {
  readonly profile?: string;
  /** Seconds asked for or granted; policies see minutes, rounded up. */
  readonly duration?: number;
  readonly hasReason?: boolean;
  readonly hasTicket?: boolean;
  readonly approved?: boolean;
  readonly ip?: string;
  /** Seconds since the last multi-factor sign-in. */
  readonly mfaSeconds?: number;
  /** Of a statement, command, file or forwarded connection, see `Action.context`. What the schema doesn't know is left out. */
  readonly action?: Readonly<Record<string, string | number | boolean | readonly string[]>>;
}

export interface Question {
  readonly principal: Principal;
  readonly action: ActionName;
  /** Absent where it is the gateway itself: `admin.*`. */
  readonly resource?: PolicyResource;
  readonly facts: Facts;
  /** As if it were this moment, in ms; the present where absent. */
  readonly at?: number;
}

/** Cedar's, with ids written in one way. */
type Entity = EntityJson & { readonly uid: TypeAndId; readonly parents: TypeAndId[] };

export interface CedarRequest {
  readonly principal: TypeAndId;
  readonly action: TypeAndId;
  readonly resource: TypeAndId;
  readonly context: Record<string, CedarValueJson>;
  readonly entities: Entity[];
}

const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;
const uid = (type: string, id: string) => ({ type, id });

/** The hours that policies can tell apart. */
export const hourOf = (now: number): number => Math.floor(now / 3_600_000);

/** Everything that `toCedar` makes a request of: the same key, the same request. */
export function keyOf({ principal, action, resource, facts }: Question, now: number): string {
  const { id, name, displayName, provider, subject, email, groups } = principal;
  return JSON.stringify([
    ...[id, name, displayName, provider, subject, email, groups, action, facts, hourOf(now)],
    // Callers pass whole documents.
    ...(resource ? [resource.name, resource.protocol, resource.labels, resource.object] : []),
  ]);
}

/** The same question in Cedar's JSON. `now` in milliseconds. */
export function toCedar(question: Question, now: number): CedarRequest {
  const principal = principalEntity(question.principal);
  const resources = resourceEntities(question);
  const [resource] = resources;
  return {
    principal: principal.uid,
    action: uid('Action', question.action),
    resource: resource.uid,
    context: contextOf(question, now),
    entities: [principal, ...resources],
  };
}

function principalEntity(principal: Principal): Entity {
  const { id, name, displayName, provider, subject, email, groups } = principal;
  return {
    uid: uid('User', id),
    attrs: { name, displayName, provider, subject, ...(email === undefined ? {} : { email }) },
    parents: groups.map((group) => uid('Group', group)),
  };
}

/** What is asked about, first, and what it is inside of. */
function resourceEntities({ action, resource }: Question): [Entity, ...Entity[]] {
  if (!resource) return [{ uid: uid('Gateway', 'drawbridge'), attrs: { name: 'drawbridge' }, parents: [] }];
  const { name, protocol, labels, object } = resource;
  const whole: Entity = {
    uid: uid('Resource', name),
    attrs: { name, protocol },
    parents: Object.entries(labels).map(([key, value]) => uid('Label', `${key}:${value}`)),
  };
  if (object === undefined) return [whole];
  const part = (type: string, path: string, parents: TypeAndId[]): Entity => ({
    uid: uid(type, `${name}/${path}`),
    attrs: { name: path },
    parents,
  });
  if (action !== 'data.reveal') return [part('Table', object, [whole.uid]), whole];
  const table = part('Table', object.slice(0, Math.max(0, object.lastIndexOf('.'))), [whole.uid]);
  return [part('Column', object, [table.uid, whole.uid]), table, whole];
}

function contextOf({ action, facts }: Question, now: number): Record<string, CedarValueJson> {
  const date = new Date(now);
  const address = plainAddress(facts.ip);
  const circumstances = {
    approved: facts.approved ?? false,
    hasReason: facts.hasReason ?? false,
    hasTicket: facts.hasTicket ?? false,
    hour: date.getUTCHours(),
    weekday: WEEKDAYS[date.getUTCDay()] ?? '',
    ...(address === undefined ? {} : { ip: { __extn: { fn: 'ip', arg: address } } }),
    ...(facts.mfaSeconds === undefined ? {} : { mfaSeconds: Math.ceil(facts.mfaSeconds) }),
  };
  const kind = actionContext[action];
  if (kind === 'circumstances') return circumstances;
  const use = {
    ...circumstances,
    profile: facts.profile ?? '',
    minutes: Math.ceil((facts.duration ?? 0) / 60),
  };
  if (kind === 'use') return use;
  const about = facts.action ?? {};
  const known = Object.entries(OF_ACTION[kind]).map(([name, least]) => [name, plain(about[name] ?? least)]);
  return { ...use, ...Object.fromEntries(known) };
}

/** The facts of each kind of action, with the value that permits least. */
const OF_ACTION = {
  statement: { verb: '', tables: [], hasWhere: false, functions: [] },
  command: { command: '', program: '', arguments: [] },
  file: { operation: '', path: '' },
  destination: { host: '', port: 0, direction: '' },
  call: { verb: '', apiGroup: '', kind: '', namespace: '', name: '', method: '', path: '' },
} as const satisfies Record<
  Exclude<ContextKind, 'circumstances' | 'use'>,
  Readonly<Record<string, string | number | boolean | readonly string[]>>
>;

const plain = (value: string | number | boolean | readonly string[]): CedarValueJson =>
  typeof value === 'object' ? [...value] : value;

/** Node writes IPv4 on a dual-stack socket as `::ffff:10.0.0.1` and adds a zone to link-local addresses; Cedar takes neither. */
function plainAddress(address: string | undefined): string | undefined {
  const bare = address?.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
  return bare !== undefined && isIP(bare) !== 0 ? bare : undefined;
}
