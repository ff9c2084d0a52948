import type { CommandReview, CommandReviewId } from '@drawbridge/contract';
import type { Kysely } from 'kysely';
import type { Action } from '../policy/decision.ts';
import type { Held } from '../sessions/session.ts';
import type { Database } from '../store/database.ts';
import type { Keyring } from '../store/keyring.ts';

/** What is shown of a held command, as people decide by it. */
export type CommandText = Pick<
  CommandReview,
  'text' | 'truncated' | 'parameters' | 'actions' | 'hasWhere'
> & {
  /** Of its binding. */
  readonly salt: string;
};

/** Characters of a text, and of all parameters together, that people are shown. */
const LONGEST_TEXT = 64 * 1024;
const MOST_PARAMETERS = 500;
const MOST_ACTIONS = 200;

/** The beginning of it where it is too long to be shown whole. */
export function commandText(held: Held, actions: readonly Action[], salt: string): CommandText {
  const parameters: (string | null)[] = [];
  let room = LONGEST_TEXT;
  for (const value of held.parameters?.slice(0, MOST_PARAMETERS) ?? []) {
    parameters.push(value === null ? null : cut(value, room));
    room -= value === null ? 0 : Math.min(room, value.length);
  }
  // What the statement names comes before what the target does along with it.
  const ordered = [...actions.filter(({ implied }) => !implied), ...actions.filter(({ implied }) => implied)];
  const touched = [
    ...new Map(ordered.map(({ name, object }) => [`${name} ${object}`, { name, object }])).values(),
  ];
  const text = cut(held.text, LONGEST_TEXT);
  const whole =
    text === held.text &&
    touched.length <= MOST_ACTIONS &&
    (held.parameters ?? []).every((value, n) => value === parameters[n]);
  return {
    text,
    truncated: !whole,
    parameters,
    actions: touched
      .slice(0, MOST_ACTIONS)
      .map(({ name, object }) => ({ name, ...(object !== undefined && { object }) })),
    ...(held.hasWhere !== undefined && { hasWhere: held.hasWhere }),
    salt,
  };
}

/** Never within a pair of surrogates. */
const cut = (text: string, most: number): string => text.slice(0, most).replace(/[\ud800-\udbff]$/, '');

export const sealText = (keyring: Keyring, id: CommandReviewId, text: CommandText): string =>
  keyring.seal(Buffer.from(JSON.stringify(text), 'utf8'), contextOf(id));

/** @throws KeyringError when it can't be unsealed. */
export const openText = (keyring: Keyring, id: CommandReviewId, sealed: string): CommandText =>
  JSON.parse(keyring.open(sealed, contextOf(id)).toString('utf8')) as CommandText;

const contextOf = (id: CommandReviewId): string => `command:${id}`;

/** Rows that are sealed again at a time. */
const BATCH = 200;

/** Seals again, with the newest master key, what an older one sealed. */
export async function rewrapCommands(db: Kysely<Database>, keyring: Keyring): Promise<void> {
  let after = '';
  for (;;) {
    const stale = await db
      .selectFrom('command_reviews')
      .select(['id', 'sealed'])
      .where('sealed', 'not like', `${keyring.sealedPrefix}%`)
      .where('id', '>', after as CommandReviewId)
      .orderBy('id')
      .limit(BATCH)
      .execute();
    for (const { id, sealed } of stale)
      await db
        .updateTable('command_reviews')
        .set({ sealed: keyring.rewrap(sealed, contextOf(id)) })
        .where('id', '=', id)
        .where('sealed', '=', sealed)
        .execute();
    const last = stale.at(-1);
    if (last === undefined || stale.length < BATCH) return;
    after = last.id;
  }
}
