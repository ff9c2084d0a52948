import type { AnyAuthMethod, Client, ParsedKey, Prompt } from 'ssh2';
import type { SshTargetCredential } from '../../../sessions/session.ts';
import { type CertificateLogin, readCertificateLogin, requestCertificateLogin } from './certificate-login.ts';
import { readPrivateKey } from './read-private-key.ts';
import { SshTargetFailure } from './ssh-target-failure.ts';

type Secret =
  | { readonly kind: 'password'; readonly password: string }
  | { readonly kind: 'key'; readonly key: ParsedKey }
  | { readonly kind: 'certificate'; readonly certificate: CertificateLogin };

/**
 * How the gateway signs in at a target: it asks for the methods on offer, then tries the profile's one credential
 * once. A second try would only help to lock the account. Nothing that the target asks reaches the client.
 */
export class TargetLogin {
  readonly #resource: string;
  readonly #username: string;
  readonly #secret: Secret;
  #step: 'start' | 'asked' | 'tried' = 'start';
  #prompted = false;

  /** @throws SshTargetFailure where the credential can't be used. */
  constructor(resource: string, { username, login }: Pick<SshTargetCredential, 'username' | 'login'>) {
    this.#resource = resource;
    this.#username = username;
    this.#secret = readSecret(resource, login);
  }

  /**
   * What to try next, for ssh2's `authHandler`. Undefined: what there was to send has been sent.
   * @param methods that the target would take; null before it was asked.
   * @throws SshTargetFailure when there is nothing left to try.
   */
  next(
    client: Client,
    methods: readonly string[] | null,
    partial: boolean | null,
  ): AnyAuthMethod | undefined {
    const username = this.#username;
    if (this.#step === 'start') {
      this.#step = 'asked';
      return { type: 'none', username };
    }
    if (this.#step === 'tried') throw this.#refused(partial === true);
    this.#step = 'tried';
    const secret = this.#secret;
    const offered = methods ?? [];
    switch (secret.kind) {
      case 'password':
        if (offered.includes('password')) return { type: 'password', username, password: secret.password };
        this.#mustOffer(offered, 'keyboard-interactive', 'passwords');
        return { type: 'keyboard-interactive', username, prompt: this.#answer(client, secret.password) };
      case 'key':
        this.#mustOffer(offered, 'publickey', 'keys');
        return { type: 'publickey', username, key: secret.key };
      case 'certificate':
        this.#mustOffer(offered, 'publickey', 'keys and certificates');
        requestCertificateLogin(client, username, secret.certificate);
        return undefined;
      default:
        return secret satisfies never;
    }
  }

  /** Answers one question that is for a password; anything else would be for a person. */
  #answer(client: Client, password: string) {
    return (
      _name: string,
      _instructions: string,
      _language: string,
      prompts: Prompt[],
      finish: (answers: string[]) => void,
    ): void => {
      if (this.#prompted || prompts.length !== 1 || prompts[0]?.echo === true) {
        client.emit('error', this.#method('asks more than a password'));
        return;
      }
      this.#prompted = true;
      finish([password]);
    };
  }

  #mustOffer(offered: readonly string[], method: string, what: string): void {
    if (!offered.includes(method)) throw this.#method(`takes no ${what} from the profile's user`);
  }

  #refused(partial: boolean): SshTargetFailure {
    if (partial) return this.#method("took the gateway's credential and asks for another one on top");
    return SshTargetFailure.because('refused_credential', this.#resource);
  }

  #method(what: string): SshTargetFailure {
    return new SshTargetFailure(
      'login_method',
      `${this.#resource} ${what}: ask whoever runs the gateway to check how its SSH server lets the user of the resource's profile sign in`,
    );
  }
}

function readSecret(resource: string, login: SshTargetCredential['login']): Secret {
  try {
    switch (login.kind) {
      case 'password':
        return login;
      case 'key':
        return { kind: 'key', key: readPrivateKey(login.privateKey) };
      case 'certificate':
        return { kind: 'certificate', certificate: readCertificateLogin(login) };
      default:
        return login satisfies never;
    }
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : 'it is no key';
    throw new SshTargetFailure(
      'credential',
      `the private key of the profile of ${resource} can't be used (${why}): ask whoever runs the gateway to apply one in OpenSSH's or PEM form, without a passphrase`,
    );
  }
}
