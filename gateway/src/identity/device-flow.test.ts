import { CLIENT_IDS } from '@drawbridge/contract';
import { initiateDeviceAuthorization, pollDeviceAuthorizationGrant } from 'openid-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { driveSignIn } from '../../../demo/drive-sign-in.ts';
import { discoverGateway, startTestIdentity, type TestIdentity } from '../../../test/support/identity.ts';

let gateway: TestIdentity;
beforeAll(async () => {
  gateway = await startTestIdentity();
});
afterAll(() => gateway.close());

async function start(clientId: string = CLIENT_IDS.cli) {
  const issuer = await discoverGateway(gateway.url, clientId);
  const device = await initiateDeviceAuthorization(issuer, {
    scope: 'openid offline_access',
    resource: `${gateway.url}/v1`,
  });
  // The interval is for devices that wait for a person; here the answer is there already.
  return { issuer, device: { ...device, interval: 0 } };
}

describe('signing in on another device', () => {
  it('ends with tokens at the device once the person has compared the code', async () => {
    const { issuer, device } = await start();
    expect(device.user_code).toMatch(/^[A-Z]{4}-[A-Z]{4}$/);
    await driveSignIn(device.verification_uri_complete ?? '', 'alice');
    const tokens = await pollDeviceAuthorizationGrant(issuer, device);
    const caller = await gateway.identity.authenticate(`Bearer ${tokens.access_token}`);
    expect(caller).toMatchObject({ clientId: CLIENT_IDS.cli, user: { name: 'alice' } });
    expect(tokens.refresh_token).toBeDefined();
  });

  it('asks on a page that shows the code and does nothing by itself', async () => {
    const { device } = await start();
    const response = await fetch(device.verification_uri_complete ?? '', {
      headers: { accept: 'text/html' },
    });
    const page = await response.text();
    expect(response.status).toBe(200);
    expect(page).toContain(`value="${device.user_code}"`);
    expect(page).not.toContain('<script');
  });

  it('is called off by the person', async () => {
    const { issuer, device } = await start();
    await expect(driveSignIn(device.verification_uri_complete ?? '', 'alice', 'abort')).rejects.toThrow(
      'cancelled',
    );
    await expect(pollDeviceAuthorizationGrant(issuer, device)).rejects.toMatchObject({
      error: 'access_denied',
    });
  });

  it('is refused with a code that was used', async () => {
    const { issuer, device } = await start();
    await driveSignIn(device.verification_uri_complete ?? '', 'alice');
    await expect(driveSignIn(device.verification_uri_complete ?? '', 'bob')).rejects.toThrow('used already');
    const tokens = await pollDeviceAuthorizationGrant(issuer, device);
    expect((await gateway.identity.authenticate(`Bearer ${tokens.access_token}`)).user.name).toBe('alice');
  });

  it('is refused with a code that never was, and with what PostgreSQL can not even hold', async () => {
    await expect(driveSignIn(`${gateway.url}/oidc/device?user_code=BBBB-BBBB`, 'alice')).rejects.toThrow(
      'no such code',
    );
    const odd = await fetch(`${gateway.url}/oidc/device?user_code=%00%22%3Cb%3E`, {
      headers: { accept: 'text/html' },
    });
    expect(await odd.text()).not.toContain('<b>');
  });

  it('answers a form that is not of its own pages with a page, and does nothing', async () => {
    const { issuer, device } = await start();
    const response = await fetch(`${gateway.url}/oidc/device`, {
      method: 'POST',
      headers: { accept: 'text/html' },
      body: new URLSearchParams({ user_code: device.user_code, confirm: 'yes' }),
    });
    expect(response.status).toBe(400);
    expect(await response.text()).toMatch(/form is not of here/);
    await expect(
      pollDeviceAuthorizationGrant(issuer, device, undefined, { signal: AbortSignal.timeout(300) }),
    ).rejects.toThrow();
    expect(gateway.log()).not.toContain('failed');
  });

  it('is only for the command line', async () => {
    await expect(start(CLIENT_IDS.desktop)).rejects.toMatchObject({ error: 'invalid_request', status: 400 });
  });
});
