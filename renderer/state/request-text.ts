import type { AccessRequest, AccessScope } from '@drawbridge/contract';

type Asked = Pick<AccessRequest, 'resource' | 'profile' | 'targets' | 'extends'>;

/** `read on orders-db`, `more time with read on orders-db`, `read on orders-db and 2 more`. */
export function askedText({ resource, profile, targets, extends: extended }: Asked): string {
  const more = targets.length > 1 ? ` and ${targets.length - 1} more` : '';
  return `${extended === undefined ? '' : 'more time with '}${profile} on ${resource}${more}`;
}

/** What a grant is narrowed to: `only public.orders, public.refunds`, `only the commands df, uptime`. */
export function scopeText({ tables, commands }: AccessScope): string {
  const parts = [
    ...(tables === undefined ? [] : [tables.join(', ')]),
    ...(commands === undefined
      ? []
      : [`the ${commands.length === 1 ? 'command' : 'commands'} ${commands.join(', ')}`]),
  ];
  return `only ${parts.join(' and ')}`;
}
