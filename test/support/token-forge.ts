import { join } from 'node:path';
import { importJWK, type JWTPayload, SignJWT } from 'jose';
import { openDatabase } from '../../gateway/src/store/database.ts';
import { loadKeyring } from '../../gateway/src/store/load-keyring.ts';
import { SigningKeys } from '../../gateway/src/store/signing-keys.ts';

/** Signs any claims with a gateway's own key: tokens wrong in one point and right in all others. */
export async function tokenForge(
  storeUrl: string,
  data: string,
): Promise<(claims: JWTPayload, typ?: string) => Promise<string>> {
  const keyring = await loadKeyring({ file: join(data, 'gateway', 'master.key') }, {});
  const { db, close } = await openDatabase(storeUrl, { maxConnections: 2 });
  try {
    const [key] = await new SigningKeys(db, keyring).oidcKeys();
    if (key?.kid === undefined || key.alg === undefined) throw new Error('The gateway has no key yet.');
    const { kid, alg } = key;
    const secret = await importJWK(key, alg);
    return (claims, typ = 'at+jwt') => new SignJWT(claims).setProtectedHeader({ alg, kid, typ }).sign(secret);
  } finally {
    await close();
  }
}
