import { mkdir, readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { DrawbridgeError, GatewayId, type Session, type User } from '@drawbridge/contract';
import type { FastifyBaseLogger } from 'fastify';
import { Announcer } from './access/announce.ts';
import { Audit } from './access/audit.ts';
import { Authorizer } from './access/authorizer.ts';
import { readBootstrapFiles } from './access/bootstrap-files.ts';
import { mayReviewAny } from './access/capabilities.ts';
import { CommandHolds } from './access/command-holds.ts';
import { CommandReviews } from './access/command-reviews.ts';
import { rewrapCommands } from './access/command-text.ts';
import { Configuration } from './access/configuration.ts';
import { Documents } from './access/documents.ts';
import { Expiry } from './access/expiry.ts';
import { Grants } from './access/grants.ts';
import { PolicyQuestions } from './access/policy-questions.ts';
import { Requests } from './access/requests.ts';
import { Resources } from './access/resources.ts';
import { Reviews } from './access/reviews.ts';
import { findUser } from './access/users.ts';
import { Uses } from './access/uses.ts';
import { changeResolver } from './api/change-resolver.ts';
import { EventStream } from './api/event-stream.ts';
import { createHandlers } from './api/handlers.ts';
import { createHttpServer } from './api/http-server.ts';
import { createRateLimit } from './api/rate-limit.ts';
import type { RawRoute } from './api/raw-route.ts';
import { type Clock, systemClock } from './clock.ts';
import type { Config } from './config/load-config.ts';
import { letHeapGrow } from './heap-growth.ts';
import { createIdentity, type Identity } from './identity/identity.ts';
import { newId } from './new-id.ts';
import { Notifications } from './notifications/notifications.ts';
import type { Interactions } from './notifications/slack/interactions.ts';
import { createClientAddress } from './observe/client-address.ts';
import type { Logger } from './observe/logger.ts';
import { createMetrics } from './observe/metrics.ts';
import { createPolicyEngine } from './policy/engine.ts';
import { createPostgresProtocol } from './protocols/postgres/postgres.protocol.ts';
import { publicKeyLine } from './protocols/ssh/keys/public-key-line.ts';
import { SshAuthority } from './protocols/ssh/keys/ssh-authority.ts';
import { createSshProtocol } from './protocols/ssh/ssh.protocol.ts';
import { createFileRecordings } from './recording/file-recordings.ts';
import { react } from './sessions/react.ts';
import { SessionAccess } from './sessions/session-access.ts';
import { SessionHost } from './sessions/session-host.ts';
import { SessionRegistry } from './sessions/session-registry.ts';
import { SessionStore, type TellClosed } from './sessions/session-store.ts';
import { Survivor } from './sessions/survivor.ts';
import { targetCredential } from './sessions/target-credential.ts';
import { Tunnel } from './sessions/tunnel.ts';
import { UseCounter } from './sessions/use-counter.ts';
import { UseStore } from './sessions/use-store.ts';
import { Watches } from './sessions/watches.ts';
import { openDatabase } from './store/database.ts';
import { DocumentStore } from './store/documents.ts';
import { LifeSign } from './store/life-sign.ts';
import { LiveChannel } from './store/live-channel.ts';
import { loadKeyring } from './store/load-keyring.ts';
import { createPrivateFile } from './store/private-file.ts';
import { SigningKeys } from './store/signing-keys.ts';
import { openStoreServer } from './store/store-server.ts';
import { VERSION } from './version.ts';

/** Calls a minute of one address to the issuer: a sign-in takes about ten, and a whole office may share an address. */
const ISSUER_CALLS = 600;
/** Buttons pressed in Slack a minute, of its few addresses. */
const SLACK_CALLS = 600;
/** Requests for access a minute of one person. */
const ACCESS_REQUESTS = 60;
/** How long sessions outlive the loss of the store, in ms; see `SessionRegistry`. */
const STORE_GRACE = 5_000;

export interface GatewayParts {
  readonly config: Config;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly logger: Logger & FastifyBaseLogger;
  readonly clock?: Clock;
}

export interface Gateway {
  readonly url: string;
  readonly issuer: string;
  /** Who an `Authorization` header stands for, and sessions on other streams than the tunnel's: for native listeners. */
  readonly authenticate: Identity['authenticate'];
  readonly sessions: Pick<SessionHost, 'open'>;
  /** Resolves when something the gateway can't do without ended by itself; it should be closed then. */
  readonly failed: Promise<string>;
  /** Ends every session with its recording sealed, then everything else. */
  close(): Promise<void>;
}

/**
 * The composition root: constructs everything, top to bottom, and takes it down in the opposite order. When
 * something can't be started, what was started before is taken down again.
 */
export async function startGateway(parts: GatewayParts): Promise<Gateway> {
  letHeapGrow();
  const closers: Array<() => unknown> = [];
  const close = async () => {
    for (let closer = closers.pop(); closer !== undefined; closer = closers.pop()) await closer();
  };
  try {
    return { ...(await compose(parts, (closer) => closers.push(closer))), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function compose(
  { config, env, logger, clock = systemClock }: GatewayParts,
  onClose: (closer: () => unknown) => void,
): Promise<Omit<Gateway, 'close'>> {
  // Others may pass through, no more: run by root, the embedded store belongs to another user. What is secret has 0600.
  await mkdir(config.data, { recursive: true, mode: 0o711 });
  const gatewayId = await readGatewayId(config.data);
  const keyring = await loadKeyring(config.masterKey, env);

  // The store, and what tells all gateways on it what changed.
  const server = await openStoreServer(config.store.url, join(config.data, 'store'), (line) =>
    logger.debug({ line }, 'store'),
  );
  onClose(() => server.close());
  const { db, close: closeDatabase } = await openDatabase(server.url, {
    maxConnections: config.store.maxConnections,
    onConnectionLost: (error) => logger.warn({ err: error }, 'store connection lost'),
  });
  onClose(closeDatabase);
  const lifeSign = new LifeSign({ gatewayId, name: config.name, host: hostname(), version: VERSION, clock });
  const channel = await LiveChannel.open({ url: server.url, clock, logger, lifeSign });
  onClose(() => channel.close());
  const documentStore = new DocumentStore(db, keyring);
  const keys = new SigningKeys(db, keyring);
  await Promise.all([documentStore.rewrap(), keys.rewrap(), rewrapCommands(db, keyring)]);

  // Policy, and what people may have.
  const engine = createPolicyEngine({ clock });
  const configuration = new Configuration(documentStore, engine);
  const authorizer = new Authorizer(engine);
  const audit = new Audit(db, clock);
  const notifications = new Notifications({
    ...{ config, db, keyring, clock, logger },
    attempted: (endpoint, outcome) => metrics.notificationAttempted(endpoint, outcome),
  });
  const announcer = new Announcer(
    audit,
    (change, executor) => channel.publish(change, executor),
    notifications.note,
  );
  const access = { db, clock, announcer, authorizer, configuration };
  const documents = new Documents({ ...access, store: documentStore });
  const grants = new Grants({ ...access, activateWithin: config.access.activateWithin });
  const requests = new Requests({ ...access, grants, requestExpiry: config.access.requestExpiry });
  const reviews = new Reviews({ ...access, grants });
  const resources = new Resources(access);
  const commandReviews = new CommandReviews({ ...access, keyring });
  const holds = new CommandHolds({
    ...{ db, clock, announcer, audit, keyring, logger },
    reviewExpiry: config.access.commandReviewExpiry,
  });
  onClose(() => holds.close());
  const uses = new Uses(access);
  const expiry = new Expiry({ db, clock, announcer, logger });
  await bootstrap(documents, config.bootstrap, env, logger);
  await expiry.start();
  onClose(() => expiry.stop());

  const identity = await createIdentity({
    settings: config.identity,
    publicUrl: config.publicUrl,
    db,
    keys,
    clock,
    logger,
    audit,
    onSignedOut: (id) => {
      channel
        .publish({ kind: 'signin', id }, db)
        .catch((error: unknown) =>
          logger.error({ err: error, id }, 'a sign-out could not be told to other gateways'),
        );
      void registry.signInChanged(id);
    },
  });
  onClose(() => identity.close());

  // Sessions: what a crash left behind is sealed before the first of them.
  const sessionStore = new SessionStore(db, gatewayId);
  const { privateKey, kid } = await keys.recording();
  const recordings = await createFileRecordings({
    dir: config.recording.dir,
    keyring,
    signingKey: { kid, key: privateKey },
    gatewayId,
    clock,
    assertAlive: () => lifeSign.assertAlive(),
    onProblem: (session, error) => logger.error({ err: error, session }, 'recording could not be sealed'),
  });
  const announceSession = async (id: Session['id']) => channel.publish({ kind: 'session', id }, db);
  const tellClosed: TellClosed = async (transaction, subject, { code, message: reason }) => {
    const entry = { actor: 'gateway', action: 'session.ended', subject, reason, details: { code } } as const;
    await audit.append(entry, transaction);
    await channel.publish({ kind: 'session', id: subject }, transaction);
  };
  const leftovers = await sessionStore.closeAbandoned(new Date(clock.now()), tellClosed);
  for (const { session, crashed } of await recordings.recover())
    await sessionStore.setRecording(session, crashed ? 'sealed-after-crash' : 'sealed');
  if (leftovers.length > 0) {
    logger.warn({ sessions: leftovers }, 'closed sessions that a crash had left open');
    // What they held is withdrawn.
    await expiry.wake();
  }
  const survivor = new Survivor({
    ...{ db, clock, logger, recordings },
    isConnected: () => channel.live,
    store: sessionStore,
    tellClosed,
    closed: () => expiry.wake(),
    sealed: announceSession,
  });
  survivor.start();
  onClose(() => survivor.stop());
  const useStore = new UseStore(db);
  const useCounter = new UseCounter({ clock, logger, store: (counted) => useStore.write(counted) });
  onClose(() => useCounter.close());

  const maskingKey = await keys.maskingKey();
  const sshHostKey = await keys.ssh('ssh-host');
  const sshAuthority = new SshAuthority(await keys.ssh('ssh-authority'));
  const metrics = createMetrics(
    () => registry.size,
    () => holds.size,
  );
  const registry = new SessionRegistry({
    clock,
    logger,
    storeGrace: STORE_GRACE,
    count: async (session) => {
      await sessionStore.count(session.id, session.counters);
      await announceSession(session.id);
    },
    checks: {
      grant: (id) => grants.find(id),
      signInOpen: async (id) => {
        const signIn = await db
          .selectFrom('sign_ins')
          .select(['ended_at', 'end_reason'])
          .where('id', '=', id)
          .executeTakeFirst();
        // One that lapsed was not signed out of: what was begun under it ends with its own grant.
        return signIn !== undefined && (signIn.ended_at === null || signIn.end_reason === 'lapsed');
      },
      stillAllowed: (grant, address) => grants.stillAllowed(grant, address),
      isAsToday: async (session) => {
        const resource = await resources.find(session.resource.name);
        return resource !== undefined && session.isAsToday(resource, await resources.rulesFor(resource));
      },
      terminationOf: (id) => sessionStore.terminationOf(id),
    },
  });
  const protocols = [
    createPostgresProtocol({ clock, logger, maskingKey }),
    createSshProtocol({ clock, logger, maskingKey, hostKey: sshHostKey }),
  ];
  const policyQuestions = new PolicyQuestions({
    ...{ db, authorizer, engine, configuration, resources },
    analyze: (protocol, text) => protocols.find((each) => each.protocol === protocol)?.analyze?.(text),
  });
  const host = new SessionHost({
    gatewayId,
    clock,
    logger,
    store: sessionStore,
    registry,
    recordings,
    protocols,
    resources: {
      find: (name) => resources.find(name),
      rulesFor: (resource) => resources.rulesFor(resource),
      credential: async (session, grant) => {
        const resource = await resources.find(grant.resource);
        const opened = await documentStore.credential(grant.resource, grant.profile);
        if (resource === undefined || opened === undefined) return undefined;
        return targetCredential(resource, opened, (username) =>
          sshAuthority.certify({
            username,
            keyId: session.id,
            from: clock.now(),
            until: Date.parse(grant.expiresAt ?? ''),
          }),
        );
      },
    },
    grants,
    policy: ({ user, address }, resource, { profile, duration, reason }, action, { approved }) =>
      authorizer.use({ user, address }, action, { resource, profile, duration, reason }, approved),
    decisionVersion: () => engine.version,
    reviewing: (session, grant) => holds.reviewing(session, grant),
    used: (session, actions, answer) => useCounter.used(session, actions, answer),
    usesEnded: (session) => useCounter.end(session),
    announce: announceSession,
    audit: (user, address, action, subject, reason, details) =>
      audit.append({ actor: { user, address }, action, subject, reason, details }),
    observe: metrics,
  });
  const watches = new Watches({ clock, logger });
  const sessions = new SessionAccess({
    store: sessionStore,
    recordings,
    policy: {
      async may(caller, action, name) {
        const resource = (await configuration.current()).resources.get(name);
        // A removed resource has no labels any more; policies that ask for none still apply to it.
        return authorizer.may(caller, action, resource ?? { name, protocol: 'postgres', labels: {} });
      },
    },
    watches,
    stillSignedIn: async ({ id }, signIn) => {
      const row = await db
        .selectFrom('sign_ins')
        .select('ended_at')
        .where('id', '=', signIn)
        .executeTakeFirst();
      return row?.ended_at === null ? findUser(db, id) : undefined;
    },
    resourceNames: () => sessionStore.resourceNames(),
    terminationRequested: async (caller, session, reason) => {
      await audit.append({ actor: caller, action: 'session.terminated', subject: session.id, reason });
      await announceSession(session.id);
    },
    seen: (caller, session, how) => audit.append({ actor: caller, action: how, subject: session.id }),
  });

  // What clients and native tools talk to.
  const events = new EventStream<User>({
    clock,
    logger,
    hello: { type: 'hello', gateway: config.name, version: VERSION },
    whose: ({ id }) => id,
    resolve: changeResolver(requests, grants, sessions, commandReviews),
  });
  onClose(() => events.close());
  const address = new URL(config.publicUrl);
  const clientAddress = createClientAddress(config.listen.trustedProxies);
  const http = createHttpServer({
    publicUrl: config.publicUrl,
    version: VERSION,
    logger,
    tls: config.tls && {
      cert: await readFile(config.tls.cert, 'utf8'),
      key: await readFile(config.tls.key, 'utf8'),
    },
    authenticate: (authorization) => identity.authenticate(authorization),
    clientAddress,
    issuer: identity.handler,
    issuerLimit: createRateLimit(ISSUER_CALLS),
    raw: slackRoutes(
      notifications.interactions({
        review: (caller, id, review) => reviews.review(caller, id, review),
        vote: (caller, id, vote) => commandReviews.vote(caller, id, vote),
        audit: (user, subject, details) =>
          audit.append({ actor: { user }, action: 'slack.review', subject, details }),
      }),
    ),
    metrics: {
      ...metrics,
      text: async () => {
        // Where the store can't be asked, what is known of the gateway itself is told all the same.
        const counts = await notifications.counts().catch(() => []);
        for (const { endpoint, ...count } of counts) metrics.notificationsIn(endpoint, count);
        return metrics.text();
      },
    },
    metricsToken: config.metrics.token,
    ready: async () => ({ ready: channel.live, checks: { store: channel.live } }),
    handlers: createHandlers({
      clock,
      gateway: { name: config.name, version: VERSION, sshHostKey: publicKeyLine(sshHostKey) },
      identity,
      authorizer,
      resources,
      requests,
      reviews,
      grants,
      documents,
      sessions,
      events,
      requestLimit: createRateLimit(ACCESS_REQUESTS),
      listAudit: async (caller, filter) => {
        await configuration.current();
        authorizer.assertMay(caller, 'admin.read');
        return audit.list(filter);
      },
      uses,
      commandReviews,
      policyQuestions,
      mayReviewAny: (caller) => mayReviewAny(configuration, authorizer, caller),
      recordingKeys: () => keys.recordingPublicKeys(),
    }),
  });
  const tunnel = new Tunnel({
    authenticate: (authorization) => identity.authenticate(authorization),
    clock,
    host,
    logger,
    clientAddress,
    refused: metrics.tunnelRefused,
  });
  http.server.on('upgrade', tunnel.upgrade);

  onClose(
    channel.subscribe((change) => {
      if (change.kind === 'resync') events.resync();
      else events.changed(change);
      if (change.kind === 'configuration' || change.kind === 'signin' || change.kind === 'resync')
        void watches.recheck();
      holds.heard(change);
      notifications.wake();
      void react(change, registry, expiry);
    }),
  );
  notifications.start();
  onClose(() => notifications.stop());
  channel.onLost(() => registry.storeLost());
  channel.onRestored(() => {
    void registry.storeRestored();
    void host.storeEnds();
  });

  const { host: listenHost, port: listenPort } = config.listen;
  await http.listen({ host: listenHost, port: listenPort }).catch((cause: NodeJS.ErrnoException) => {
    const why = cause.code === 'EADDRINUSE' ? 'something else listens there' : cause.message;
    throw new DrawbridgeError(
      'internal',
      `The gateway can't listen on ${listenHost}:${listenPort}: ${why}. Change listen.host or listen.port, or end what is there.`,
      {},
      { cause },
    );
  });
  onClose(async () => {
    tunnel.close();
    events.close();
    await http.close();
  });
  onClose(() => host.close());
  logger.info(
    {
      ...{ url: config.publicUrl, listen: address.host, gateway: gatewayId, version: VERSION },
      sshAuthority: sshAuthority.publicKey,
    },
    'gateway ready',
  );

  return {
    url: config.publicUrl,
    issuer: identity.issuer,
    authenticate: (authorization) => identity.authenticate(authorization),
    sessions: host,
    failed: server.lost.then(() => 'the embedded store ended'),
  };
}

/** Where Slack calls when somebody presses a button; nowhere without buttons. */
const slackRoutes = (interactions: Interactions | undefined): RawRoute[] =>
  interactions === undefined
    ? []
    : [
        {
          path: '/v1/slack/interactions',
          contentType: 'application/x-www-form-urlencoded',
          largestBody: 512 * 1024,
          limit: createRateLimit(SLACK_CALLS),
          receive: (headers, body) => interactions.receive(headers, body),
        },
      ];

/** Documents that the configuration names, applied at each start; how the first policy gets in. */
async function bootstrap(
  documents: Documents,
  files: readonly string[],
  env: GatewayParts['env'],
  logger: Logger,
): Promise<void> {
  if (files.length === 0) return;
  const { changes, warnings } = await documents.bootstrap(await readBootstrapFiles(files, env), 'always');
  for (const warning of warnings) logger.warn({ warning }, 'bootstrap');
  logger.info(
    { changed: changes.filter(({ action }) => action !== 'unchanged').length },
    'bootstrap documents applied',
  );
}

/** Made at the first start in this data folder: what a crash left is this gateway's to seal at the next. */
async function readGatewayId(data: string): Promise<GatewayId> {
  const file = join(data, 'gateway-id');
  await createPrivateFile(file, `${newId('gw')}\n`);
  const id = GatewayId.safeParse((await readFile(file, 'utf8')).trim());
  if (!id.success)
    throw new DrawbridgeError('internal', `${file} doesn't hold a gateway id`, {
      hint: 'Restore it, or remove it once no recording of this gateway is left open.',
    });
  return id.data;
}
