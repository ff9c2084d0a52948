import {
  type AccessScope,
  DrawbridgeError,
  formatDuration,
  type NewRequestInput,
} from '@drawbridge/contract';
import type { StoredResource } from '../store/documents.ts';

export interface WantedTarget {
  readonly resource: StoredResource;
  readonly profile: string;
}

/** What a request asks for: `also` comes after the resource that it names first. */
export interface Wanted {
  readonly targets: readonly [WantedTarget, ...WantedTarget[]];
  readonly scope: AccessScope | undefined;
}

/** The parts of a scope, by the protocol that they mean something to. */
const PART_OF = { postgres: 'tables', ssh: 'commands' } as const satisfies Record<
  StoredResource['protocol'],
  keyof AccessScope
>;

/**
 * What is asked for, if it can be had at all.
 * @throws DrawbridgeError `not_found`, `invalid_request` naming the field
 */
export function wantedOf(resources: ReadonlyMap<string, StoredResource>, wish: NewRequestInput): Wanted {
  const { resource, profile, also = [], duration, scope } = wish;
  const first = target(resources, { resource, profile, duration, path: [] });
  const further = also.map((each, index) =>
    target(resources, { ...each, duration, path: ['also', String(index)] }),
  );
  const seen = new Set([nameOf(first)]);
  for (const [index, each] of further.entries()) {
    if (seen.has(nameOf(each)))
      throw invalid(`also.${index}`, `${each.profile} of ${each.resource.name} is asked for twice`);
    seen.add(nameOf(each));
  }
  const targets = [first, ...further] as const;
  if (scope !== undefined) assertMeant(scope, targets);
  return { targets, scope };
}

/** What of a scope narrows one of the targets; undefined where that is nothing. */
export function scopeFor(
  protocol: StoredResource['protocol'],
  scope: AccessScope | undefined,
): AccessScope | undefined {
  const part = PART_OF[protocol];
  const items = scope?.[part];
  return items === undefined ? undefined : { [part]: [...items] };
}

/** The resource, if its profile is there and is given for so long. */
function target(
  resources: ReadonlyMap<string, StoredResource>,
  wish: { resource: string; profile: string; duration: number; path: readonly string[] },
): WantedTarget {
  const { resource: name, profile: wanted, duration, path } = wish;
  const at = (field: string) => [...path, field].join('.');
  const resource = resources.get(name);
  if (!resource)
    throw new DrawbridgeError('not_found', `there is no resource ${name}`, {
      hint: 'See what there is: drawbridge resources',
    });
  const profile = Object.hasOwn(resource.profiles, wanted) ? resource.profiles[wanted] : undefined;
  if (!profile) {
    const names = Object.keys(resource.profiles).join(', ');
    throw new DrawbridgeError('invalid_request', `${name} has no profile ${wanted}`, {
      hint: `Its profiles: ${names}.`,
      issues: [{ path: at('profile'), message: `must be one of ${names}` }],
    });
  }
  if (duration > profile.maxDuration) {
    const most = formatDuration(profile.maxDuration);
    throw new DrawbridgeError('invalid_request', `${wanted} of ${name} is given for at most ${most}`, {
      hint: `Ask for ${most} or less.`,
      issues: [{ path: 'duration', message: `must be at most ${profile.maxDuration}` }],
    });
  }
  return { resource, profile: wanted };
}

/** Whoever narrows something that isn't there believes to have less than they get. */
function assertMeant(scope: AccessScope, targets: readonly WantedTarget[]): void {
  const meant = new Set(targets.map(({ resource }) => PART_OF[resource.protocol]));
  const parts = Object.values(PART_OF).filter((part) => scope[part] !== undefined);
  if (parts.length === 0) throw invalid('scope', 'a scope names tables or commands');
  for (const part of parts)
    if (!meant.has(part))
      throw invalid(
        `scope.${part}`,
        part === 'tables'
          ? 'only access to databases is narrowed to tables'
          : 'only access to hosts is narrowed to commands',
      );
}

const nameOf = ({ resource, profile }: WantedTarget) => JSON.stringify([resource.name, profile]);

const invalid = (path: string, message: string) =>
  new DrawbridgeError('invalid_request', message, { issues: [{ path, message }] });
