import type { Action, Answer } from '../../../policy/decision.ts';
import type { RecordingEntry } from '../../../recording/recorder.ts';
import type { Terminal } from './terminal.ts';

/** What is recorded before the target is asked for a channel. */
export function channelEvent(
  about: {
    readonly channel: number;
    readonly kind: 'shell' | 'exec' | 'sftp';
    readonly command?: string | undefined;
    readonly terminal?: Terminal | undefined;
  },
  actions: readonly Action[],
  answer: Answer,
): RecordingEntry {
  const { channel, kind, command, terminal } = about;
  return {
    event: {
      type: 'channel',
      channel,
      kind,
      ...(command !== undefined && { command }),
      ...(terminal !== undefined && {
        terminal: { term: terminal.term, columns: terminal.cols, rows: terminal.rows },
      }),
      actions: [...new Set(actions.map(({ name }) => name))],
      decision: answer.verdict,
      ...(answer.verdict === 'deny' && { reason: answer.reason }),
      ...(answer.policies.length > 0 && { policies: [...answer.policies] }),
      ...(answer.review !== undefined && { review: answer.review }),
    },
  };
}
