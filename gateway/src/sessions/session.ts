import type { Duplex } from 'node:stream';
import type {
  CommandReview,
  CommandReviewId,
  Principal,
  Protocol,
  SessionEndCode,
  SessionId,
  TlsMode,
} from '@drawbridge/contract';
import type { MaskingRules } from '../masking/rule.ts';
import type { Action, Answer, Decision, Needs } from '../policy/decision.ts';
import type { RecordingEntry } from '../recording/recorder.ts';

/** Why a session is over; as the reason of `Session.signal`, why it must be. */
export interface SessionEnd {
  readonly code: SessionEndCode;
  /** A sentence for the person at the other end, e.g. `access to orders-db ended: grant expired`. No secrets. */
  readonly message: string;
}

/** How to reach and sign in to a PostgreSQL target. */
export interface PostgresCredential {
  readonly protocol: 'postgres';
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly tls: TlsMode;
  /** PEM; the system's authorities when absent. */
  readonly ca?: string;
  readonly username: string;
  readonly password: string;
}

/** How to reach and sign in to an SSH host. */
export interface SshTargetCredential {
  readonly protocol: 'ssh';
  readonly host: string;
  readonly port: number;
  /** Public keys of the host, as OpenSSH writes them; one of them or a certificate of `hostAuthority` must be shown. */
  readonly hostKeys: readonly string[];
  readonly hostAuthority?: string;
  readonly username: string;
  readonly login: SshLogin;
}

export type SshLogin =
  | { readonly kind: 'password'; readonly password: string }
  /** OpenSSH or PEM. */
  | { readonly kind: 'key'; readonly privateKey: string }
  /** A key made for this session alone, and the gateway's certificate of it as OpenSSH writes it. */
  | { readonly kind: 'certificate'; readonly privateKey: string; readonly certificate: string };

/** How to reach and sign in to the target. Lives only while dialling. */
export type TargetCredential = PostgresCredential | SshTargetCredential;

/** What is held until people decide. */
export interface Held {
  readonly kind: CommandReview['kind'];
  /** For people to read: as it is recorded, secrets replaced. */
  readonly text: string;
  /** Exactly what will be sent on, with whatever else the answer rests on: the approval is for this and nothing else. */
  readonly exact: string;
  readonly parameters?: readonly (string | null)[];
  readonly hasWhere?: boolean;
  /** How many rows it would touch, where that can be had cheaply and safely; asked once people were told. */
  readonly estimate?: () => Promise<number | undefined>;
}

/** Who is asked about what is held; for the person who waits. */
export interface Asked {
  readonly id: CommandReviewId;
  /** What each requirement waits for, in words: `approval of dba`. */
  readonly waitsFor: readonly string[];
  /** RFC 3339; it fails then if nobody has decided. */
  readonly expiresAt: string;
  /** Its sender may go ahead at once with a written reason. */
  readonly breakable: boolean;
}

/**
 * All that a protocol sees of the world: who is there, what they may do, where to write what happened,
 * and when it is over. It never learns how the bytes arrived, who approved, or where recordings go.
 */
export interface Session {
  readonly id: SessionId;
  readonly principal: Principal;
  readonly resource: {
    readonly name: string;
    readonly protocol: Protocol;
    readonly labels: Readonly<Record<string, string>>;
  };
  readonly profile: string;
  /**
   * A public key, as OpenSSH writes it, that the client has to show in its protocol before it is served: others on
   * its machine may reach the stream. Protocols with such keys refuse a session that has none.
   */
  readonly clientKey: string | undefined;
  /** What must be masked in everything that comes back from this resource. */
  readonly rules: MaskingRules;
  /** Aborted when the session must end, with a `SessionEnd` as reason: tell the client in the protocol's own words, and close both sides. */
  readonly signal: AbortSignal;
  /**
   * Begins the session: the grant's clock runs, the recording is open, the deadline is armed. Called once,
   * when the client has said enough to be served and before the target is dialled; connections that never
   * get there (probes, cancel requests) leave no trace but a log line.
   * @throws DrawbridgeError when the grant is no longer usable, RecordingFailed when nothing can be recorded.
   */
  credential(): Promise<TargetCredential>;
  /** What policy says to these actions as things stand. Synchronous: it sits on the path of each new statement. */
  decide(actions: readonly Action[]): Decision;
  /** Goes up when what `decide` said may no longer be so. */
  readonly decisionVersion: number;
  /**
   * Asks people for what `decide` said it needs, waits, and decides once more. What is asked and what comes of it is
   * recorded. It is over with the session, too.
   * @param options.signal withdraws it: the client cancelled
   * @param options.asked called once people are asked
   * @throws RecordingFailed
   */
  hold(
    actions: readonly Action[],
    needs: Needs,
    held: Held,
    options?: { readonly signal?: AbortSignal; readonly asked?: (asked: Asked) => void },
  ): Promise<Answer>;
  /**
   * Something was done, or refused: counted for the question who did what to what. Cheap; to be called for each run
   * with the same `actions` object where they are the same.
   */
  used(actions: readonly Action[], answer: Answer): void;
  /** See `Recorder.record`. To be called before what it describes is forwarded. @throws RecordingFailed */
  record(entries: readonly RecordingEntry[]): void;
}

/** One protocol's data path. */
export interface ProtocolHandler {
  readonly protocol: Protocol;
  /**
   * Serves one client connection until it is over, and says why. Never rejects: whatever goes wrong is told
   * to the client in the protocol's own error and becomes the result. Both the stream and the connection to
   * the target are closed when it resolves.
   */
  accept(stream: Duplex, session: Session): Promise<SessionEnd>;
  /** What a statement or command would do, for questions asked ahead: as told from its text alone. */
  analyze?(text: string): Promise<readonly Action[]>;
}
