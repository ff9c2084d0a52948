import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** Prometheus metrics. Labels are of closed sets only: never a person, a statement or an address. */
export function createMetrics(liveSessions: () => number, heldCommands: () => number) {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  new Gauge({
    name: 'drawbridge_sessions_live',
    help: 'Sessions running on this gateway',
    registers: [registry],
    collect() {
      this.set(liveSessions());
    },
  });
  new Gauge({
    name: 'drawbridge_commands_held',
    help: 'Statements and commands that wait on this gateway until people decide',
    registers: [registry],
    collect() {
      this.set(heldCommands());
    },
  });
  const started = new Counter({
    name: 'drawbridge_sessions_started_total',
    help: 'Sessions begun',
    labelNames: ['protocol'],
    registers: [registry],
  });
  const ended = new Counter({
    name: 'drawbridge_sessions_ended_total',
    help: 'Sessions ended, by why',
    labelNames: ['protocol', 'code'],
    registers: [registry],
  });
  const refused = new Counter({
    name: 'drawbridge_tunnels_refused_total',
    help: 'Tunnels refused before a session began, by error code',
    labelNames: ['code'],
    registers: [registry],
  });
  const requests = new Histogram({
    name: 'drawbridge_http_request_seconds',
    help: 'Time to answer an API call',
    labelNames: ['operation', 'status'],
    buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
    registers: [registry],
  });
  const notifications = new Counter({
    name: 'drawbridge_notification_attempts_total',
    help: 'Attempts to deliver a notification, by endpoint and outcome',
    labelNames: ['endpoint', 'outcome'],
    registers: [registry],
  });
  const outbox = {
    pending: notificationGauge(
      registry,
      'pending',
      'Notifications that wait to be delivered, by any gateway',
    ),
    failed: notificationGauge(registry, 'failed', 'Notifications that were given up in the last 30 days'),
  };
  return {
    sessionStarted: (protocol: string) => started.inc({ protocol }),
    sessionEnded: (protocol: string, end: { readonly code: string }) =>
      ended.inc({ protocol, code: end.code }),
    tunnelRefused: (code: string) => refused.inc({ code }),
    requestAnswered: (operation: string, status: number, seconds: number) =>
      requests.observe({ operation, status: String(status) }, seconds),
    notificationAttempted: (endpoint: string, outcome: string) => notifications.inc({ endpoint, outcome }),
    /** What is in the outbox, as it is when it is asked for. */
    notificationsIn: (endpoint: string, { pending, failed }: { pending: number; failed: number }) => {
      outbox.pending.set({ endpoint }, pending);
      outbox.failed.set({ endpoint }, failed);
    },
    contentType: registry.contentType,
    text: () => registry.metrics(),
  };
}

const notificationGauge = (registry: Registry, state: string, help: string) =>
  new Gauge({
    name: `drawbridge_notifications_${state}`,
    help,
    labelNames: ['endpoint'],
    registers: [registry],
  });
