import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CLIENT_IDS } from '@drawbridge/contract';
import { FileTokenStore } from '../src/file-token-store.ts';
import type { FakeGateway } from './fake-gateway.ts';

export interface TemporaryHome {
  readonly path: string;
  readonly store: FileTokenStore;
  remove(): Promise<void>;
}

/** A DRAWBRIDGE_HOME of a test's own. */
export async function temporaryHome(): Promise<TemporaryHome> {
  const path = await mkdtemp(join(tmpdir(), 'drawbridge-client-'));
  return { path, store: new FileTokenStore(path), remove: () => rm(path, { recursive: true, force: true }) };
}

/** Leaves `person` signed in to `gateway`; `expiresIn` in seconds overrides what the token says. */
export async function signInTo(
  home: TemporaryHome,
  gateway: FakeGateway,
  person: string,
  expiresIn?: number,
): Promise<void> {
  const tokens = await gateway.tokensFor(person);
  await home.store.write({
    gateway: gateway.url,
    clientId: CLIENT_IDS.cli,
    accessToken: tokens.accessToken,
    accessExpiresAt: Date.now() + (expiresIn ?? tokens.expiresIn) * 1000,
    refreshToken: tokens.refreshToken,
    name: person,
  });
  await home.store.setCurrentGateway(gateway.url);
}
