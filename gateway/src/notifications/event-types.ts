/** The events that can be told beyond the app: changes of state, named as in the audit log. */
export const EVENT_TYPES = [
  'request.created',
  'request.reviewed',
  'request.approved',
  'request.denied',
  'request.expired',
  'request.cancelled',
  'request.escalated',
  'request.glass-broken',
  'grant.created',
  'grant.activated',
  'grant.extended',
  'grant.expired',
  'grant.revoked',
  'grant.ended',
  'command.held',
  'command.reviewed',
  'command.approved',
  'command.denied',
  'command.expired',
  'command.withdrawn',
  'command.escalated',
  'command.glass-broken',
  'document.created',
  'document.updated',
  'document.removed',
] as const;

/** Events by name, all of a kind, like `request`, or `all`. */
export type EventSelection = readonly string[];

/** What may stand in a selection beside `all`. */
export const SELECTABLE: readonly string[] = [
  ...new Set(EVENT_TYPES.map((type) => type.split('.')[0] ?? type)),
  ...EVENT_TYPES,
];

export const isSelected = (selection: EventSelection, type: string): boolean =>
  selection.some((selected) => selected === 'all' || selected === type || type.startsWith(`${selected}.`));
