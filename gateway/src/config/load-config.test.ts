import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConfigError } from './config-error.ts';
import { loadConfig } from './load-config.ts';

const IDENTITY = `
identity:
  issuer: https://login.example.com
  clientId: drawbridge
  clientSecret: { value: shh }
`;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'drawbridge-config-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function load(yaml: string, env: Record<string, string> = {}) {
  const file = join(folder, 'gateway.yaml');
  await writeFile(file, yaml);
  return loadConfig(file, env);
}

async function problems(yaml: string, env: Record<string, string> = {}) {
  const error: unknown = await load(yaml, env).then(
    () => undefined,
    (reason) => reason,
  );
  if (!(error instanceof ConfigError)) throw new Error(`expected a ConfigError, got ${String(error)}`);
  return { message: error.message, list: error.problems };
}

describe('loadConfig', () => {
  it('fills in defaults and resolves paths against the folder of the file', async () => {
    const config = await load(IDENTITY);
    expect(config).toMatchObject({
      name: '127.0.0.1',
      publicUrl: 'http://127.0.0.1:7443',
      listen: { host: '127.0.0.1', port: 7443 },
      data: join(folder, 'data'),
      masterKey: { file: join(folder, 'data', 'master.key') },
      recording: { dir: join(folder, 'data', 'recordings') },
      access: { activateWithin: 8 * 3600, requestExpiry: 24 * 3600, commandReviewExpiry: 300 },
      identity: {
        clientSecret: 'shh',
        groupsClaim: 'groups',
        idleTimeout: 12 * 3600,
        maxLifetime: 7 * 86_400,
      },
      bootstrap: [],
    });
    expect(config.store.url).toBeUndefined();
  });

  it('finds a certificate that is not there, and a proxy that is no address, before anything starts', async () => {
    const { list } = await problems(
      `${IDENTITY}\nlisten: { trustedProxies: [10.0.0.0/8, proxy.internal] }\ntls: { cert: no.crt, key: gateway.yaml }`,
    );
    expect(list).toMatchObject([
      { path: 'listen.trustedProxies.1', reason: expect.stringContaining('address or a network') },
      {
        path: 'tls.cert',
        reason: expect.stringContaining(`${join(folder, 'no.crt')} can't be read (ENOENT)`),
      },
    ]);
  });

  it('is frozen all the way down', async () => {
    const config = await load(IDENTITY);
    expect(Object.isFrozen(config)).toBe(true);
    expect(Object.isFrozen(config.identity.scopes)).toBe(true);
  });

  it('reads secrets from the environment and from files', async () => {
    await writeFile(join(folder, 'store-url'), 'postgres://u:p@db/store\n');
    const config = await load(
      'identity: { issuer: "https://login.example.com", clientId: d, clientSecret: { env: SECRET } }\nstore: { url: { file: store-url } }',
      { SECRET: 'from-env' },
    );
    expect(config.identity.clientSecret).toBe('from-env');
    expect(config.store.url).toBe('postgres://u:p@db/store');
  });

  it('lets the environment win over the file, each value in the type of its option', async () => {
    const config = await load(`${IDENTITY}\nlisten: { port: 1 }`, {
      DRAWBRIDGE_LISTEN_PORT: '8443',
      DRAWBRIDGE_PUBLIC_URL: 'https://drawbridge.example.com/',
      DRAWBRIDGE_IDENTITY_CLIENT_SECRET: '12345',
      DRAWBRIDGE_IDENTITY_CLIENT_ID: '67890',
      DRAWBRIDGE_IDENTITY_SCOPES: 'openid, groups',
      DRAWBRIDGE_ACCESS_ACTIVATE_WITHIN: '90m',
      DRAWBRIDGE_STORE_URL: 'postgres://db/store',
    });
    expect(config.listen.port).toBe(8443);
    expect(config.publicUrl).toBe('https://drawbridge.example.com');
    expect(config.identity).toMatchObject({
      clientSecret: '12345',
      clientId: '67890',
      scopes: ['openid', 'groups'],
    });
    expect(config.access.activateWithin).toBe(5400);
    expect(config.store.url).toBe('postgres://db/store');
  });

  it('works from the environment alone', () => {
    const config = loadConfig(undefined, {
      DRAWBRIDGE_IDENTITY_ISSUER: 'https://login.example.com',
      DRAWBRIDGE_IDENTITY_CLIENT_ID: 'd',
      DRAWBRIDGE_IDENTITY_CLIENT_SECRET: 's',
      DRAWBRIDGE_MASTER_KEY: 'somewhere else checked',
    });
    expect(config.masterKey).toEqual({ env: 'DRAWBRIDGE_MASTER_KEY' });
    expect(config.data).toBe(join(process.cwd(), 'data'));
  });

  it('names everything that is wrong at once: path, line, reason and the nearest valid name', async () => {
    const { message, list } = await problems(
      [
        'publicURL: https://a.example.com',
        'listen:',
        '  port: many',
        'log: { level: inof }',
        'access: { activateWithin: soon }',
        'identity:',
        '  issuer: http://login.example.com',
        '  clientSecret: { env: NOT_SET }',
        '  groupClaim: groups',
        'masterKey: sesame',
      ].join('\n'),
      { DRAWBRIDGE_LISTEN_PROT: '1' },
    );
    const at = (path: string) => list.find((problem) => problem.path === path);
    expect(at('publicURL')?.nearest).toBe('publicUrl');
    expect(at('listen.port')?.from).toBe('line 3');
    expect(at('log.level')).toMatchObject({ nearest: 'info', from: 'line 4' });
    expect(at('access.activateWithin')?.reason).toMatch(/duration like 30m/);
    expect(at('identity.issuer')?.reason).toMatch(/must be https/);
    expect(at('identity.clientSecret')?.reason).toBe('the environment variable NOT_SET is not set');
    expect(at('identity.clientId')?.reason).toMatch(/is needed/);
    expect(at('identity.groupClaim')?.nearest).toBe('identity.groupsClaim');
    expect(at('masterKey')?.reason).toMatch(/never stands in this file/);
    expect(at('DRAWBRIDGE_LISTEN_PROT')?.nearest).toBe('DRAWBRIDGE_LISTEN_PORT');
    expect(message).not.toContain('sesame');
  });

  it('names the variable where a wrong value came from the environment', async () => {
    const { list } = await problems(IDENTITY, { DRAWBRIDGE_LISTEN_PORT: '70000' });
    expect(list).toEqual([expect.objectContaining({ path: 'listen.port', from: 'DRAWBRIDGE_LISTEN_PORT' })]);
  });

  it.each([
    ['https://drawbridge.example.com', true],
    ['http://localhost:7443', true],
    ['http://127.0.0.1:7443', true],
    ['http://[::1]:7443', true],
    ['http://drawbridge.example.com', false],
    ['http://127.0.0.1.example.com', false],
    ['http://localhost.example.com', false],
    ['https://drawbridge.example.com/below', false],
    ['https://user:word@drawbridge.example.com', false],
    ['ftp://localhost', false],
    ['drawbridge', false],
  ])('publicUrl %s: taken is %s', async (publicUrl, taken) => {
    const outcome = load(`publicUrl: "${publicUrl}"${IDENTITY}`);
    if (taken) await expect(outcome).resolves.toMatchObject({ publicUrl });
    else await expect(outcome).rejects.toThrow(/publicUrl/);
  });

  it('wants a publicUrl where it can not know its own address', async () => {
    expect((await problems(`listen: { port: 0 }${IDENTITY}`)).list[0]?.path).toBe('publicUrl');
    expect((await problems(`listen: { host: 0.0.0.0 }${IDENTITY}`)).list[0]?.path).toBe('publicUrl');
  });

  it('refuses a file that is missing, is no YAML, or holds a key twice, with its line', async () => {
    expect(() => loadConfig(join(folder, 'none.yaml'), {})).toThrow(
      /none\.yaml.*\n.*can't be read \(ENOENT\)/,
    );
    expect((await problems('a: [')).message).toMatch(/line 1/);
    expect((await problems('data: a\ndata: b')).message).toMatch(/line 2/);
    expect((await problems('- a')).message).toMatch(/must hold options/);
  });

  it('asks for what has no default, one by one', async () => {
    const { list } = await problems('');
    expect(list.map((problem) => problem.path)).toEqual([
      'identity.issuer',
      'identity.clientId',
      'identity.clientSecret',
    ]);
  });

  it('refuses a secret written where a source belongs, without repeating it', async () => {
    const { message } = await problems(
      'identity: { issuer: "https://a.example.com", clientId: d, clientSecret: hunter2 }',
    );
    expect(message).toMatch(/clientSecret.*\{ env: NAME \}/);
    expect(message).not.toContain('hunter2');
  });

  const WEBHOOK = `{ name: siem, url: "https://hooks.example.com/in?team=1", secret: { env: HOOK }, events: all }`;
  const HOOK = `whsec_${Buffer.alloc(32, 1).toString('base64')}`;

  it('reads who is told beyond the app', async () => {
    const { notifications } = await load(
      `${IDENTITY}
notifications:
  webhooks:
    - ${WEBHOOK}
    - { name: local, url: { env: URL_OF }, secret: { env: HOOK }, events: [request, grant.revoked], includeStatements: true }
  slack: { token: { value: xoxb-1 }, signingSecret: { value: 0123456789abcdef0123456789abcdef }, channel: C0123, mentions: { dba: S0DBA } }`,
      { HOOK, URL_OF: 'http://127.0.0.1:9000/in' },
    );
    expect(notifications).toEqual({
      webhooks: [
        {
          name: 'siem',
          url: 'https://hooks.example.com/in?team=1',
          secret: HOOK,
          events: ['all'],
          includeStatements: false,
        },
        {
          name: 'local',
          url: 'http://127.0.0.1:9000/in',
          secret: HOOK,
          events: ['request', 'grant.revoked'],
          includeStatements: true,
        },
      ],
      slack: {
        token: 'xoxb-1',
        signingSecret: '0123456789abcdef0123456789abcdef',
        channel: 'C0123',
        mentions: { dba: 'S0DBA' },
        apiUrl: 'https://slack.com/api/',
        includeStatements: false,
      },
    });
    expect((await load(IDENTITY)).notifications).toEqual({ webhooks: [] });
  });

  it('says what is wrong with those, without their secrets', async () => {
    const { message, list } = await problems(
      `${IDENTITY}
notifications:
  webhooks:
    - { name: a, url: "http://hooks.example.com", secret: { value: hunter2 }, events: [grant.revokd] }
    - { name: b, urll: "https://hooks.example.com", url: "https://u:hunter2@hooks.example.com", secret: { env: HOOK }, events: [] }
  slack: { token: { value: xoxp-hunter2 }, signingSecret: { value: short }, channel: "#approvals" }`,
      { HOOK },
    );
    const at = (path: string) => list.find((problem) => problem.path === path);
    expect(at('notifications.webhooks.0.url')?.reason).toMatch(/must be https/);
    expect(at('notifications.webhooks.0.secret')?.reason).toMatch(/must be whsec_/);
    expect(at('notifications.webhooks.0.events.0')?.nearest).toBe('grant.revoked');
    expect(at('notifications.webhooks.1.urll')?.nearest).toBe('notifications.webhooks.1.url');
    expect(at('notifications.webhooks.1.url')?.reason).toMatch(/user name or password/);
    expect(at('notifications.webhooks.1.events')?.reason).toMatch(/must name events/);
    expect(at('notifications.slack.token')?.reason).toMatch(/bot token/);
    expect(at('notifications.slack.signingSecret')?.reason).toMatch(/signing secret/);
    expect(at('notifications.slack.channel')?.reason).toMatch(/id of a channel/);
    expect(message).not.toContain('hunter2');
  });

  it('wants each webhook to have a name of its own', async () => {
    const { list } = await problems(`${IDENTITY}\nnotifications: { webhooks: [${WEBHOOK}, ${WEBHOOK}] }`, {
      HOOK,
    });
    expect(list).toMatchObject([
      { path: 'notifications.webhooks', reason: expect.stringContaining('same name') },
    ]);
  });
});
