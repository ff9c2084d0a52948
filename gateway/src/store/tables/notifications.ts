import type { ColumnType, Generated } from 'kysely';

/** One event to be told to one endpoint. A row is gone once it was delivered. */
interface NotificationRow {
  /** The order in which they happened, of one subject at least; node-postgres hands bigint over as text. */
  seq: ColumnType<string, never, never>;
  /** The event's: the same for each endpoint and each attempt. */
  id: string;
  endpoint: string;
  /** `request.created`, … */
  type: string;
  subject: string;
  /** What is sent, sealed by the keyring: it may hold the text of a statement. */
  sealed_body: string;
  occurred_at: Date;
  /** Not tried before; while a gateway is at it, when another may take over. */
  due_at: Date;
  attempts: Generated<number>;
  state: Generated<'pending' | 'failed'>;
  /** Why the last attempt failed; never what was sent or answered. */
  last_error: string | null;
}

/** The message in Slack that stands for a request or a held command. */
interface SlackMessageRow {
  subject: string;
  channel: string;
  /** Slack's id of it within the channel. */
  ts: string;
}

/** A call of Slack's that was taken. */
interface SlackCallRow {
  /** A hash of its signature. */
  id: string;
  received_at: Date;
}

export interface NotificationTables {
  notifications: NotificationRow;
  slack_messages: SlackMessageRow;
  slack_calls: SlackCallRow;
}
