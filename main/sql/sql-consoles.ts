import type { SqlEvent } from '../ipc/sql-port.ts';
import { columnMatcher } from './column-patterns.ts';
import { SqlConnection, type SqlConnectionParts } from './sql-connection.ts';
import { SqlRequestSchema } from './sql-request.ts';

/** Main's end of a console's MessagePort. */
export interface ConsolePort {
  send(event: SqlEvent): void;
  onMessage(listener: (message: unknown) => void): void;
  onClose(listener: () => void): void;
  close(): void;
}

export interface ConsoleTarget extends Pick<SqlConnectionParts, 'dial' | 'user' | 'database' | 'secret'> {
  readonly tunnel: string;
  readonly resource: string;
  readonly maskedColumns: readonly { readonly column: string }[];
}

export interface OpenConsole {
  readonly resource: string;
  readonly tunnel: string;
  readonly activity: SqlConnection['activity'];
}

/** The SQL consoles of the window: a connection for each port, gone with it. */
export class SqlConsoles {
  readonly #now: () => number;
  readonly #open = new Map<
    ConsolePort,
    { readonly target: ConsoleTarget; readonly connection: SqlConnection }
  >();

  /** `now` in milliseconds, with fractions: for durations. */
  constructor(now: () => number) {
    this.#now = now;
  }

  get all(): OpenConsole[] {
    return [...this.#open.values()].map(({ target, connection }) => ({
      resource: target.resource,
      tunnel: target.tunnel,
      activity: connection.activity,
    }));
  }

  connect(port: ConsolePort, target: ConsoleTarget): void {
    const connection = new SqlConnection({
      dial: target.dial,
      user: target.user,
      database: target.database,
      secret: target.secret,
      isMasked: columnMatcher(target.maskedColumns.map(({ column }) => column)),
      now: this.#now,
      send: (event) => {
        port.send(event);
        if (event.type === 'closed') this.#open.delete(port);
      },
    });
    this.#open.set(port, { target, connection });
    port.onClose(() => connection.close());
    port.onMessage((message) => {
      const request = SqlRequestSchema.safeParse(message);
      if (!request.success) return;
      switch (request.data.type) {
        case 'run':
          return connection.run(request.data.run, request.data.text);
        case 'cancel':
          return connection.cancel();
        case 'ack':
          return connection.acknowledge();
        case 'schema':
          return connection.schema();
        case 'close':
          connection.close();
          return port.close();
        default:
          request.data satisfies never;
      }
    });
  }

  closeAll(): void {
    for (const { connection } of [...this.#open.values()]) connection.close();
  }
}
