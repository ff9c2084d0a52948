import { parseArgs } from 'node:util';
import { drawbridgeHome, FileTokenStore, signIn } from '@drawbridge/gateway-client';
import { driveSignIn } from './drive-sign-in.ts';
import { people } from './identity-provider/people.ts';

/**
 * `npm run -s demo:signin -- alice --gateway URL`: `drawbridge login` with somebody else at the browser. The same
 * code + PKCE flow on a loopback redirect; the forms of the identity provider are filled in over HTTP. Leaves the CLI
 * signed in under `DRAWBRIDGE_HOME`. Exit status 2 when it is called wrongly, 1 when the sign-in fails.
 */
const USAGE = `usage: npm run -s demo:signin -- <${people.map(({ id }) => id).join('|')}> --gateway URL`;

async function main(): Promise<void> {
  const { person, gateway } = readArguments();
  const signedIn = await signIn({ gateway, openBrowser: (url) => driveSignIn(url, person) });
  const store = new FileTokenStore(drawbridgeHome(process.env));
  await store.write({ ...signedIn, name: person });
  await store.setCurrentGateway(signedIn.gateway);
  process.stdout.write(`${person} is signed in to ${signedIn.gateway} (state in ${store.home})\n`);
}

class UsageError extends Error {}

function readArguments(): { person: string; gateway: string } {
  const { values, positionals } = parsed();
  const [person, ...rest] = positionals;
  if (person === undefined || rest.length > 0) throw new UsageError('Name one person.');
  if (!people.some(({ id }) => id === person)) throw new UsageError(`Nobody is called "${person}" here.`);
  if (values.gateway === undefined) throw new UsageError('Name the gateway.');
  return { person, gateway: values.gateway };
}

function parsed() {
  try {
    return parseArgs({ options: { gateway: { type: 'string' } }, allowPositionals: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

try {
  await main();
} catch (error) {
  const usage = error instanceof UsageError ? `\n${USAGE}` : '';
  process.stderr.write(`demo:signin: ${error instanceof Error ? error.message : String(error)}${usage}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
