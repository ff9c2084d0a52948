import type { SignInId, UserId } from '@drawbridge/contract';
import type { ColumnType, Generated } from 'kysely';

interface UserRow {
  id: UserId;
  /** With `subject`, who the person is; everything below may change from one sign-in to the next. */
  provider: string;
  subject: string;
  name: string;
  display_name: string;
  email: string | null;
  /** Whether the identity provider says that the address is this person's. */
  email_verified: Generated<boolean>;
  groups: string[];
  created_at: ColumnType<Date, Date, never>;
  signed_in_at: Date;
}

interface SignInRow {
  id: SignInId;
  user_id: UserId;
  client_id: string;
  /** The authorization server's grant that all tokens of this sign-in hang on. */
  oidc_grant_id: string;
  /** When and how the identity provider last saw the person in the flesh, where it says so. */
  auth_time: Date | null;
  amr: string[];
  created_at: ColumnType<Date, Date, never>;
  /** No refresh reaches beyond this. */
  expires_at: Date;
  ended_at: Date | null;
  end_reason: SignInEnd | null;
}

/** `revoked`: a refresh token was used twice or revoked by its client. `lapsed`: nobody refreshed it in time. */
export type SignInEnd = 'signed_out' | 'revoked' | 'lapsed';

/** A sign-in under way at the company's identity provider. */
interface UpstreamSignInRow {
  state: string;
  /** The interaction of our own authorization server that it answers. */
  interaction: string;
  provider: string;
  /** What the provider needs to check the answer (nonce, PKCE verifier, …). */
  pending: ColumnType<unknown, string, never>;
  expires_at: Date;
}

/** What the authorization server keeps: interactions, codes, refresh tokens, grants. */
interface OidcPayloadRow {
  model: string;
  /** For bearer secrets a hash, see `OidcAdapter`. */
  id: string;
  payload: ColumnType<unknown, string, string>;
  grant_id: string | null;
  uid: string | null;
  user_code: string | null;
  consumed_at: Date | null;
  expires_at: Date | null;
}

export interface IdentityTables {
  users: UserRow;
  sign_ins: SignInRow;
  upstream_sign_ins: UpstreamSignInRow;
  oidc_payloads: OidcPayloadRow;
}
