import type { User } from '@drawbridge/contract';

/** An id of the right form that says its number. */
export function id(prefix: string, number: number): string {
  return `${prefix}_019ce24c-0000-7000-8000-${String(number).padStart(12, '0')}`;
}

function person(number: number, name: string, displayName: string, groups: readonly string[]): User {
  return {
    kind: 'user',
    id: id('usr', number) as User['id'],
    provider: 'demo',
    subject: name,
    name,
    displayName,
    email: `${name}@acme.example`,
    groups: [...groups],
  };
}

export const people = {
  alice: person(1, 'alice', 'Alice Moreau', ['payments-eng']),
  bob: person(2, 'bob', 'Bob Okafor', ['dba']),
  carol: person(3, 'carol', 'Carol Lindqvist', ['security']),
  dan: person(4, 'dan', 'Dana Sato', ['platform-oncall']),
  erin: person(5, 'erin', 'Emre Kaya', ['finance']),
} as const;
