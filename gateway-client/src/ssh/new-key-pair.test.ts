import ssh2 from 'ssh2';
import { expect, test } from 'vitest';
import { newSshKeyPair } from './new-key-pair.ts';

test('makes keys that can be read, every time', () => {
  for (let count = 0; count < 1500; count += 1) {
    const pair = newSshKeyPair('a comment');
    const [secret, open] = [ssh2.utils.parseKey(pair.private), ssh2.utils.parseKey(pair.public)];
    if (secret instanceof Error || open instanceof Error) throw new Error(`Key ${count} can't be read.`);
    expect(secret.getPublicSSH()).toEqual(open.getPublicSSH());
  }
});
