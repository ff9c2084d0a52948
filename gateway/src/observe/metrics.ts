import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** Prometheus metrics. Labels are of closed sets only: never a person, a statement or an address. */
export function createMetrics(liveSessions: () => number) {
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
  return {
    sessionStarted: (protocol: string) => started.inc({ protocol }),
    sessionEnded: (protocol: string, end: { readonly code: string }) =>
      ended.inc({ protocol, code: end.code }),
    tunnelRefused: (code: string) => refused.inc({ code }),
    requestAnswered: (operation: string, status: number, seconds: number) =>
      requests.observe({ operation, status: String(status) }, seconds),
    contentType: registry.contentType,
    text: () => registry.metrics(),
  };
}
