import ssh2 from 'ssh2';

/** An Ed25519 key as OpenSSH writes it. */
export interface SshKeyPair {
  readonly private: string;
  /** One line. */
  readonly public: string;
}

/** About one in 250 private keys that ssh2 writes can't be read by anybody (its padding, seen in 1.17): those are made again. */
export function newSshKeyPair(comment = ''): SshKeyPair {
  for (;;) {
    const pair = ssh2.utils.generateKeyPairSync('ed25519', { comment });
    if (!(ssh2.utils.parseKey(pair.private) instanceof Error)) return pair;
  }
}
