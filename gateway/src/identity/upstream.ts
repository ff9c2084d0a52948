/** A person as an identity provider vouches for them. */
export interface Person {
  readonly provider: string;
  /** The provider's own, stable id of the person: `sub` in OpenID Connect, NameID in SAML. */
  readonly subject: string;
  readonly name: string;
  readonly displayName: string;
  readonly email?: string;
  /** Whether the provider has made sure that the address is theirs. */
  readonly emailVerified: boolean;
  readonly groups: readonly string[];
  /** When the provider last asked the person for proof. */
  readonly authTime?: Date;
  /** How (RFC 8176), e.g. `pwd`, `otp`, `mfa`. */
  readonly amr: readonly string[];
}

/** Where the browser goes, and what must be remembered until it comes back. */
export interface UpstreamStart {
  readonly url: URL;
  /** JSON. Kept on the server, never shown to the browser. */
  readonly pending: unknown;
}

/**
 * A company's identity provider, whatever it speaks. One of them signs a person in; which one is
 * remembered by `name`, so that several can stand beside each other.
 */
export interface Upstream {
  readonly name: string;
  /**
   * Begins a sign-in that is answered with `state`. `fresh` asks the provider not to reuse its own session.
   * @throws DrawbridgeError `not_ready` where the provider can't be reached.
   */
  begin(request: { readonly state: string; readonly fresh: boolean }): Promise<UpstreamStart>;
  /**
   * Checks the answer and says who it is.
   * @throws DrawbridgeError `not_ready` where the provider can't be reached, `forbidden` where it refuses the
   * person or what it says about them can't be relied on.
   */
  finish(answer: { readonly url: URL; readonly state: string; readonly pending: unknown }): Promise<Person>;
}
