import { ANNOUNCEMENTS_OPTION } from '../relay/announcements.ts';
import { SessionFailure } from '../session-failure.ts';

/** What a StartupMessage asks for, checked. */
export interface StartupSettings {
  /** Empty or the user's name where the client gave none: libpq sends the user's name then. */
  readonly database: string;
  /** Settings to begin the target's session with. */
  readonly settings: Readonly<Record<string, string>>;
  /** Protocol options that aren't understood, for NegotiateProtocolVersion. */
  readonly unknownOptions: readonly string[];
  /** The client wants to hear of its session and of masked columns, see `ANNOUNCEMENTS_OPTION`. */
  readonly announcements: boolean;
}

/**
 * Settings a client may begin with, in lower case: they shape output or limit time, none changes identity or how a
 * text is read. Everything else can be asked for with SET, which goes through analysis and policy.
 */
const ALLOWED: ReadonlySet<string> = new Set([
  'application_name',
  'datestyle',
  'default_transaction_deferrable',
  'default_transaction_isolation',
  'default_transaction_read_only',
  'extra_float_digits',
  'geqo',
  'idle_in_transaction_session_timeout',
  'intervalstyle',
  'jit',
  'lock_timeout',
  'search_path',
  'statement_timeout',
  'timezone',
]);

/** Names under which clients ask for UTF-8; SQL_ASCII asks for no encoding at all (psql in the C locale) and is told UTF8 back. */
const UTF8_NAMES: ReadonlySet<string> = new Set(['utf8', 'unicode', 'sqlascii']);

const refuse = (sqlstate: string, message: string, hint?: string): never => {
  throw new SessionFailure('protocol_error', { sqlstate, message, ...(hint === undefined ? {} : { hint }) });
};

/**
 * Checks what a client asks for at startup against what may be passed on.
 * @throws SessionFailure naming what can't be.
 */
export function checkStartupSettings(parameters: ReadonlyMap<string, string>): StartupSettings {
  const settings: Record<string, string> = {};
  const unknownOptions: string[] = [];
  let announcements = false;
  const user = parameters.get('user');
  if (user === undefined || user === '') refuse('28000', 'the startup message names no user');
  const allow = (name: string, value: string) => {
    if (name.toLowerCase() === 'client_encoding') checkEncoding(value);
    else if (ALLOWED.has(name.toLowerCase())) settings[name.toLowerCase()] = value;
    else
      refuse(
        '0A000',
        `setting ${name} can't be given at startup`,
        'Leave it out, or use SET once connected.',
      );
  };
  for (const [name, value] of parameters) {
    if (name === 'user' || name === 'database') continue;
    if (name === ANNOUNCEMENTS_OPTION && value === '1') announcements = true;
    else if (name.startsWith('_pq_.')) unknownOptions.push(name);
    else if (name === 'replication') checkReplication(value);
    else if (name === 'options') for (const [option, setting] of readOptions(value)) allow(option, setting);
    else allow(name, value);
  }
  const database = parameters.get('database') ?? '';
  return { database: database === user ? '' : database, settings, unknownOptions, announcements };
}

function checkEncoding(value: string): void {
  if (UTF8_NAMES.has(value.toLowerCase().replaceAll(/[^a-z0-9]/g, ''))) return;
  refuse(
    '0A000',
    `client_encoding ${value} can't be used: what gateway and database could read differently can't be checked`,
    'Use client_encoding UTF8 (for libpq: PGCLIENTENCODING=UTF8).',
  );
}

function checkReplication(value: string): void {
  if (['', 'false', 'off', 'no', '0'].includes(value.toLowerCase())) return;
  refuse('0A000', "replication connections can't be checked or recorded, so they are not passed on");
}

/** Splits `options` as the server would: words at white space, a backslash takes the next character as it is. */
function readOptions(options: string): [name: string, value: string][] {
  const words: string[] = [];
  let word: string | undefined;
  for (let at = 0; at < options.length; at += 1) {
    const character = options.charAt(at);
    if (/\s/.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else {
      if (character === '\\') at += 1;
      word = (word ?? '') + options.charAt(at);
    }
  }
  if (word !== undefined) words.push(word);

  const settings: [string, string][] = [];
  for (let at = 0; at < words.length; at += 1) {
    const option = words[at] ?? '';
    const setting = option === '-c' ? words[++at] : (/^(?:-c|--)(.*)$/s.exec(option)?.[1] ?? undefined);
    const parts = setting === undefined ? null : /^([^=]+)=(.*)$/s.exec(setting);
    if (parts === null)
      return refuse('0A000', `startup option ${option} can't be passed on, only -c name=value`);
    settings.push([(parts[1] ?? '').replaceAll('-', '_'), parts[2] ?? '']);
  }
  return settings;
}
