import { readFileSync } from 'node:fs';
import type { ActionName } from '@drawbridge/contract';

/**
 * The vocabulary of policies as a Cedar schema; the reference that every policy is validated against when it is applied.
 * Its file stands beside this one and is read where it stands, also by what is compiled to `dist/policy`.
 */
export const POLICY_SCHEMA = readFileSync(
  new URL('../../src/policy/drawbridge.cedarschema', import.meta.url),
  'utf8',
);

export type ContextKind = 'circumstances' | 'use' | 'statement' | 'command' | 'file' | 'destination' | 'call';

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
  'k8s.read': 'call',
  'k8s.write': 'call',
  'k8s.exec': 'call',
  'k8s.portforward': 'call',
  'http.read': 'call',
  'http.write': 'call',
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
  'k8s.read': 'read objects of',
  'k8s.write': 'change objects of',
  'k8s.exec': 'run commands in pods of',
  'k8s.portforward': 'forward ports of pods of',
  'http.read': 'send requests that read to',
  'http.write': 'send requests that change something to',
  'data.reveal': 'see unmasked values of',
  'admin.apply': 'change the configuration of',
  'admin.read': 'read the configuration of',
} as const satisfies Record<ActionName, string>;
