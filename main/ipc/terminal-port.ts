/**
 * What a terminal's page and its program say to each other over a MessagePort. The program (a shell on a resource, or on
 * this computer) lives in the main process, with what it last wrote: a page that comes back gets that again. Main
 * stops reading from the program while `TERMINAL_CREDIT` bytes are under way to the page and not acknowledged.
 */
export const TERMINAL_CREDIT = 512 * 1024;
/** Most bytes of one `input`; longer pastes go in several. */
export const TERMINAL_INPUT = 64 * 1024;
/** A terminal is at least one cell, and no screen has more columns or rows than this. */
export const LARGEST_TERMINAL = 2000;

export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

export type TerminalRequest =
  /** What was typed or pasted, as the program gets it. */
  | { readonly type: 'input'; readonly data: Uint8Array }
  | ({ readonly type: 'resize' } & TerminalSize)
  /** So many bytes of output are on the screen. */
  | { readonly type: 'ack'; readonly bytes: number }
  /** Starts the program anew after it ended. */
  | { readonly type: 'connect' }
  /** Ends the program; what it wrote stays. */
  | { readonly type: 'end' };

export type TerminalStatus =
  | { readonly status: 'connecting' }
  | {
      readonly status: 'live';
      /** Whose `PG…` variables a local shell has. */
      readonly environment?: { readonly resource: string; readonly profile: string };
    }
  /** It did not start. `code` is the contract's or the app's own. */
  | { readonly status: 'refused'; readonly code: string; readonly message: string; readonly hint?: string }
  /** The program ended by itself. */
  | { readonly status: 'exited'; readonly code?: number; readonly signal?: string }
  /** The gateway ended the session (expiry, revocation, …). */
  | { readonly status: 'ended'; readonly message: string }
  /** The way to the gateway broke; `at` is when, RFC 3339. */
  | { readonly status: 'lost'; readonly at: string }
  /** The person ended it. */
  | { readonly status: 'closed' };

export type TerminalEvent =
  /** First of all: how it stands, and what was written last. Isn't acknowledged. */
  | { readonly type: 'attached'; readonly status: TerminalStatus; readonly replay: Uint8Array }
  | { readonly type: 'output'; readonly data: Uint8Array }
  | { readonly type: 'status'; readonly status: TerminalStatus };
