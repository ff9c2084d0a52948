/** Who can sign in at the demo's identity provider. */
export interface DemoPerson {
  /** Login name and `sub`. */
  readonly id: string;
  readonly name: string;
  readonly email: string;
  /** None: the claim is left out, as many providers do. */
  readonly groups: readonly string[];
  readonly role: string;
}

export const people: readonly DemoPerson[] = [
  {
    id: 'alice',
    name: 'Alice Moreau',
    email: 'alice@shop.example',
    groups: ['engineering'],
    role: 'Asks for access',
  },
  {
    id: 'bob',
    name: 'Bob Okafor',
    email: 'bob@shop.example',
    groups: ['dba'],
    role: 'Approves access to databases',
  },
  {
    id: 'carol',
    name: 'Carol Lindqvist',
    email: 'carol@shop.example',
    groups: ['security', 'auditor'],
    role: 'Replays and verifies sessions',
  },
  { id: 'dan', name: 'Dan Petrov', email: 'dan@shop.example', groups: [], role: 'Belongs to no group' },
  {
    id: 'erin',
    name: 'Erin Castillo',
    email: 'erin@shop.example',
    groups: ['platform'],
    role: 'Administers the gateway',
  },
];
