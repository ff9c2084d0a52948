/** Run by a test as a process of its own: asks for a token once it is told to on stdin, and prints it. */
import { AccessTokens } from '../src/access-tokens.ts';
import { FileTokenStore } from '../src/file-token-store.ts';

const [home = '', gateway = ''] = process.argv.slice(2);
const tokens = new AccessTokens({ gateway, store: new FileTokenStore(home) });
process.stdout.write('ready\n');
process.stdin.once('data', async () => {
  const token = await tokens.token().catch((error: unknown) => `failed: ${String(error)}`);
  process.stdout.write(`${token}\n`, () => process.exit(0));
});
