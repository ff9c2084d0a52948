/** Characters and pixels of a terminal's window. */
export interface WindowSize {
  readonly cols: number;
  readonly rows: number;
  readonly width: number;
  readonly height: number;
}

/** A terminal as the client asked for it. */
export interface Terminal extends WindowSize {
  /** E.g. `xterm-256color`. */
  readonly term: string;
  /** Encoded as in RFC 4254 section 8; passed on as they are. */
  readonly modes: Buffer | undefined;
}
