import type { ActionName } from '@drawbridge/contract';

/** What is known about every question, whatever it is about. */
const circumstances = `
  approved: Bool,
  hasReason: Bool,
  hasTicket: Bool,
  hour: Long,
  weekday: String,
  ip?: ipaddr,
  mfaSeconds?: Long`;

/** Added where the question is about a profile of a resource. */
const use = `${circumstances},
  profile: String,
  minutes: Long`;

/** Added where it is about one statement. Never optional: a missing fact takes the value that permits least. */
const statement = `${use},
  verb: String,
  tables: Set<String>,
  hasWhere: Bool,
  functions: Set<String>`;

/** Added where it is about a command; `program` and `arguments` are what a shell would make of it. */
const command = `${use},
  command: String,
  program: String,
  arguments: Set<String>`;

/** Added where it is about a file of the target. */
const file = `${use},
  operation: String,
  path: String`;

/** Added where it is about a forwarded connection; `direction` is `out`, or `in` where the target listens. */
const destination = `${use},
  host: String,
  port: Long,
  direction: String`;

/**
 * The vocabulary of policies as a Cedar schema (docs.cedarpolicy.com, *Schema syntax*); the reference that every
 * policy is validated against when it is applied. docs/policy.md explains it in words.
 *
 * `Group`s are the names that the identity provider gives. A `Label` is `key:value`. A `Table` is
 * `resource/schema.table`, a `Column` `resource/schema.table.column`. `hour` and `weekday` (`mon` … `sun`) are UTC.
 */
export const POLICY_SCHEMA = `
entity Group;
entity User in [Group] { name: String, displayName: String, email?: String, provider: String, subject: String };
entity Workload in [Group] { name: String, provider: String, subject: String };

entity Gateway { name: String };
entity Label;
entity Resource in [Label] { name: String, protocol: String };
entity Table in [Resource] { name: String };
entity Column in [Table, Resource] { name: String };

type Circumstances = {${circumstances}
};
type Use = {${use}
};
type Statement = {${statement}
};
type Command = {${command}
};
type File = {${file}
};
type Destination = {${destination}
};

action "access", "session", "recording", "sql", "ssh", "data", "admin";

action "access.request", "access.connect" in [Action::"access"]
  appliesTo { principal: [User, Workload], resource: [Resource], context: Use };
action "access.review" in [Action::"access"]
  appliesTo { principal: [User], resource: [Resource], context: Use };
action "session.watch", "session.terminate" in [Action::"session"]
  appliesTo { principal: [User, Workload], resource: [Resource], context: Use };
action "recording.view" in [Action::"recording"]
  appliesTo { principal: [User, Workload], resource: [Resource], context: Use };
action "sql.read", "sql.write", "sql.ddl", "sql.copy", "sql.session", "sql.exec", "sql.unanalyzable" in [Action::"sql"]
  appliesTo { principal: [User, Workload], resource: [Resource, Table], context: Statement };
action "ssh.shell", "ssh.exec", "ssh.unanalyzable" in [Action::"ssh"]
  appliesTo { principal: [User, Workload], resource: [Resource], context: Command };
action "ssh.sftp.read", "ssh.sftp.write" in [Action::"ssh"]
  appliesTo { principal: [User, Workload], resource: [Resource], context: File };
action "ssh.forward" in [Action::"ssh"]
  appliesTo { principal: [User, Workload], resource: [Resource], context: Destination };
action "data.reveal" in [Action::"data"]
  appliesTo { principal: [User, Workload], resource: [Resource, Table, Column], context: Statement };
action "admin.apply", "admin.read" in [Action::"admin"]
  appliesTo { principal: [User, Workload], resource: [Gateway], context: Circumstances };
`;

export type ContextKind = 'circumstances' | 'use' | 'statement' | 'command' | 'file' | 'destination';

/** Which context each action has in `POLICY_SCHEMA`. */
export const actionContext = {
  'access.request': 'use',
  'access.connect': 'use',
  'access.review': 'use',
  'session.watch': 'use',
  'session.terminate': 'use',
  'recording.view': 'use',
  'sql.read': 'statement',
  'sql.write': 'statement',
  'sql.ddl': 'statement',
  'sql.copy': 'statement',
  'sql.session': 'statement',
  'sql.exec': 'statement',
  'sql.unanalyzable': 'statement',
  'ssh.shell': 'command',
  'ssh.exec': 'command',
  'ssh.unanalyzable': 'command',
  'ssh.sftp.read': 'file',
  'ssh.sftp.write': 'file',
  'ssh.forward': 'destination',
  'data.reveal': 'statement',
  'admin.apply': 'circumstances',
  'admin.read': 'circumstances',
} as const satisfies Record<ActionName, ContextKind>;

/** Each action as it reads in a sentence: `no policy lets alice <words> orders-db`. */
export const actionWords = {
  'access.request': 'ask for access to',
  'access.connect': 'connect to',
  'access.review': 'review requests for',
  'session.watch': 'watch sessions of',
  'session.terminate': 'end sessions of',
  'recording.view': 'view recordings of',
  'sql.read': 'read',
  'sql.write': 'write to',
  'sql.ddl': 'change the structure of',
  'sql.copy': 'copy in bulk from or to',
  'sql.session': 'change session settings of',
  'sql.exec': 'run code in',
  'sql.unanalyzable': 'run statements that cannot be analysed in',
  'ssh.shell': 'open a shell on',
  'ssh.exec': 'run this command on',
  'ssh.unanalyzable': 'run commands that cannot be analysed on',
  'ssh.sftp.read': 'read files of',
  'ssh.sftp.write': 'write files of',
  'ssh.forward': 'forward connections through',
  'data.reveal': 'see unmasked values of',
  'admin.apply': 'change the configuration of',
  'admin.read': 'read the configuration of',
} as const satisfies Record<ActionName, string>;
