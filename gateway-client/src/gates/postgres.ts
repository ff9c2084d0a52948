import { createHash, timingSafeEqual } from 'node:crypto';
import type { Socket } from 'node:net';
import type { Admission, LocalGate } from './local-gate.ts';
import { type DoorStep, PostgresDoor } from './postgres-door.ts';

const GATE_TIMEOUT_MS = 30_000;
/** How long a client may take to read why it was turned away. Milliseconds. */
const FAREWELL_MS = 1_000;

/**
 * PostgreSQL's gate. Encryption is declined (the hop is loopback), the tunnel's secret is asked for as a
 * cleartext password, and only then the client's StartupMessage goes to the gateway, which answers with
 * AuthenticationOk itself.
 */
export function createPostgresGate(options: { readonly timeout?: number } = {}): LocalGate {
  const timeout = options.timeout ?? GATE_TIMEOUT_MS;
  return {
    admit: (socket, secret) => admit(socket, secret, timeout),
    refuse: (socket, { code, message, hint }) => farewell(socket, sqlState(code), message, hint),
  };
}

function admit(socket: Socket, secret: string, timeout: number): Promise<Admission> {
  return new Promise((resolve) => {
    const door = new PostgresDoor((given) => sameSecret(given, secret));
    const settle = (admission: Admission): void => {
      clearTimeout(timer);
      socket.off('data', onData);
      socket.off('close', drop);
      socket.off('end', drop);
      resolve(admission);
    };
    const pass = (admission: Admission): void => {
      socket.pause();
      if (door.rest.length > 0) socket.unshift(door.rest);
      settle(admission);
    };
    const drop = (): void => {
      socket.destroy();
      settle({ kind: 'closed' });
    };
    const turnAway = (code: string, message: string, hint?: string): void => {
      farewell(socket, code, message, hint);
      settle({ kind: 'closed' });
    };
    const act = (step: DoorStep): void => {
      switch (step.kind) {
        case 'wait':
          return;
        case 'reply':
          socket.write(step.bytes);
          return;
        case 'connect':
          pass({ kind: 'connect', opening: step.startup });
          return;
        case 'cancel':
          pass({ kind: 'cancel', opening: step.request });
          return;
        case 'wrong-password':
          turnAway(
            '28P01',
            'the password is not the one of this tunnel',
            'Use the password that `drawbridge connect` shows; it changes with each tunnel.',
          );
          return;
        case 'wrong-version':
          turnAway('0A000', 'only version 3 of the PostgreSQL protocol is spoken here');
          return;
        case 'drop':
          drop();
          return;
        default:
          step satisfies never;
      }
    };
    const onData = (chunk: Buffer): void => act(door.feed(chunk));
    const timer = setTimeout(drop, timeout);
    socket.on('data', onData);
    socket.on('close', drop);
    socket.on('end', drop);
  });
}

/** Compares digests, so that neither content nor length of the secret shows in the time it takes. */
function sameSecret(given: Uint8Array, secret: string): boolean {
  const digest = (value: Uint8Array | string) => createHash('sha256').update(value).digest();
  return timingSafeEqual(digest(given), digest(secret));
}

/** SQLSTATE (https://www.postgresql.org/docs/current/errcodes-appendix.html) that fits a refusal best. */
function sqlState(code: string): string {
  switch (code) {
    case 'gateway_unreachable':
    case 'gateway_timeout':
    case 'target_unreachable':
      return '08006';
    case 'not_ready':
    case 'shutting_down':
      return '57P03';
    case 'rate_limited':
      return '53300';
    case 'internal':
    case 'unexpected_response':
      return 'XX000';
    default:
      return '28000';
  }
}

/** ErrorResponse FATAL, then the end; a client that doesn't read it is cut off. */
function farewell(socket: Socket, code: string, message: string, hint: string | undefined): void {
  const fields = [
    'SFATAL',
    'VFATAL',
    `C${code}`,
    `Mdrawbridge: ${message}`,
    ...(hint === undefined ? [] : [`H${hint}`]),
  ];
  const body = Buffer.from(`${fields.map((field) => `${field.replaceAll('\0', ' ')}\0`).join('')}\0`);
  const head = Buffer.alloc(5);
  head.write('E');
  head.writeUInt32BE(body.length + 4, 1);
  // What the client still sends is read and thrown away: unread bytes would turn our end into a reset that eats the message.
  socket.resume();
  socket.end(Buffer.concat([head, body]));
  const timer = setTimeout(() => socket.destroy(), FAREWELL_MS);
  socket.once('close', () => clearTimeout(timer));
}
