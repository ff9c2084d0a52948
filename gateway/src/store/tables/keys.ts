import type { Generated } from 'kysely';

/** What a long-lived key is for. */
export type KeyPurpose = 'recording' | 'oidc' | 'cookie' | 'masking' | 'ssh-host' | 'ssh-authority';

interface SigningKeyRow {
  /** `kid`: the JWK thumbprint (RFC 7638) of a key pair, random for a secret. */
  id: string;
  purpose: KeyPurpose;
  algorithm: string;
  /** The private JWK, or the secret, sealed by the keyring. */
  sealed: string;
  /** The public JWK as JSON text; null for a secret. */
  public_jwk: string | null;
  created_at: Generated<Date>;
  /** From then on it only verifies. */
  retired_at: Date | null;
}

export interface KeyTables {
  signing_keys: SigningKeyRow;
}
