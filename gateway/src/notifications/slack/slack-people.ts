import { DrawbridgeError, type User } from '@drawbridge/contract';
import type { Clock } from '../../clock.ts';
import type { SlackApi, SlackIdentity, SlackUser } from './slack-api.ts';

/** A person of this gateway whose e-mail address the identity provider vouches for. */
export interface KnownPerson {
  readonly user: User;
  /** When the identity provider last said who they are and what groups they are in. */
  readonly signedInAt: Date;
}

export interface SlackPeopleParts {
  readonly api: Pick<SlackApi, 'identity' | 'user'>;
  /** Everybody with this address, in whatever case it is written, where it is verified. */
  readonly byVerifiedEmail: (email: string) => Promise<readonly KnownPerson[]>;
  readonly clock: Pick<Clock, 'now'>;
  /** Seconds that what the identity provider said last is relied on: no longer than in the app. */
  readonly relyFor: number;
  readonly publicUrl: string;
}

/** Who somebody in Slack is here: the one person with the same verified e-mail address. */
export class SlackPeople {
  readonly #parts: SlackPeopleParts;
  #identity: Promise<SlackIdentity> | undefined;

  constructor(parts: SlackPeopleParts) {
    this.#parts = parts;
  }

  /**
   * @throws DrawbridgeError `forbidden` with what to do, where it can't be said who it is
   * @throws SlackError where Slack can't be asked
   */
  async personOf(slackUser: string): Promise<User> {
    const { byVerifiedEmail, clock, relyFor, publicUrl } = this.#parts;
    const email = await this.#emailOf(slackUser);
    const [person, ...others] = await byVerifiedEmail(email);
    if (person === undefined)
      throw unknown(
        `nobody at this gateway has the verified e-mail address ${email}`,
        `Sign in to Drawbridge (${publicUrl}) once with an account of that address. If you have, its identity provider does not say that the address is verified: ask whoever runs the gateway.`,
      );
    if (others.length > 0)
      throw unknown(
        `several people at this gateway have the e-mail address ${email}`,
        'Decide in the Drawbridge app.',
      );
    if (clock.now() - person.signedInAt.getTime() > relyFor * 1000)
      throw unknown(
        'you have not signed in to Drawbridge for a while, so your groups may have changed',
        'Sign in to the Drawbridge app, then press the button again.',
      );
    return person.user;
  }

  async #emailOf(slackUser: string): Promise<string> {
    const [account, own] = await Promise.all([this.#parts.api.user(slackUser), this.#own()]);
    // In a shared channel people of other companies press buttons too, whose addresses their own company sets.
    if (account.id !== slackUser || account.is_bot || account.deleted || !isOfWorkspace(account, own))
      throw unknown('your Slack account is not of the workspace that this gateway is connected to');
    const { email } = account.profile;
    if (email === undefined || email === '' || !account.is_email_confirmed)
      throw unknown(
        'Slack does not say that your e-mail address is confirmed',
        'Confirm it in Slack. If it is, the Slack app of Drawbridge lacks the scope users:read.email.',
      );
    return email;
  }

  #own(): Promise<SlackIdentity> {
    this.#identity ??= this.#parts.api.identity().catch((error: unknown) => {
      this.#identity = undefined;
      throw error;
    });
    return this.#identity;
  }
}

function isOfWorkspace(account: SlackUser, own: SlackIdentity): boolean {
  if (account.is_stranger) return false;
  if (account.team_id === own.team_id) return true;
  const organisation = own.enterprise_id ?? undefined;
  return organisation !== undefined && account.enterprise_user?.enterprise_id === organisation;
}

const unknown = (why: string, hint?: string) =>
  new DrawbridgeError('forbidden', why, hint === undefined ? {} : { hint });
