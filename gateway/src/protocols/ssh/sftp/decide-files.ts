import type { Action, Decision } from '../../../policy/decision.ts';
import type { Session } from '../../../sessions/session.ts';
import type { FileOperation } from './file-journal.ts';
import type { Access } from './request.ts';

export interface FileQuestion {
  readonly actions: readonly Action[];
  readonly decision: Decision;
}

/** What policy says to an operation on files; where several are named, to all of them at once. */
export function decideFiles(
  session: Pick<Session, 'decide'>,
  access: Access,
  operation: FileOperation,
  paths: readonly string[],
): FileQuestion {
  const ask = (...names: readonly ('ssh.sftp.read' | 'ssh.sftp.write')[]): FileQuestion => {
    const actions = paths.flatMap((path) => names.map((name) => ({ name, context: { operation, path } })));
    return { actions, decision: session.decide(actions) };
  };
  switch (access) {
    case 'read':
      return ask('ssh.sftp.read');
    case 'write':
      return ask('ssh.sftp.write');
    case 'both':
      return ask('ssh.sftp.read', 'ssh.sftp.write');
    case 'either': {
      const read = ask('ssh.sftp.read');
      if (read.decision.verdict === 'allow') return read;
      const write = ask('ssh.sftp.write');
      // Of two that don't allow, the one that people may still decide.
      return write.decision.verdict === 'deny' ? read : write;
    }
    default:
      return access satisfies never;
  }
}
