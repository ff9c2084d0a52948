import { notificationResponse } from '../codec/backend-messages.ts';
import { readErrorFields, writeErrorFields } from '../codec/error-fields.ts';
import { FRAME_HEADER } from '../codec/frame-assembler.ts';
import { MessageReader } from '../codec/message-reader.ts';
import { Backend } from '../codec/message-type.ts';
import { SessionFailure } from '../session-failure.ts';
import { isAnnouncement } from './announcements.ts';
import type { Conversation } from './conversation.ts';
import type { Gather } from './gather.ts';
import type { Journal } from './journal.ts';
import { policeTexts } from './texts.ts';

/** Settings that decide how a text is read: another value, and gateway and target read it differently. */
export const FIXED_SETTINGS: ReadonlyMap<string, string> = new Map([
  ['client_encoding', 'UTF8'],
  ['standard_conforming_strings', 'on'],
]);

/** Messages that the target may send at any time, asked or not. */
export class OutOfTurn {
  readonly #conversation: Conversation;
  readonly #gather: Gather;
  readonly #journal: Journal;

  constructor(conversation: Conversation, gather: Gather, journal: Journal) {
    this.#conversation = conversation;
    this.#gather = gather;
    this.#journal = journal;
  }

  /** @throws SessionFailure when the session's texts could no longer be read the same way. */
  parameterStatus(buffer: Buffer, start: number, end: number): void {
    const reader = new MessageReader(buffer, start + FRAME_HEADER, end);
    const name = reader.cstring();
    const value = reader.cstring();
    reader.finish();
    const fixed = FIXED_SETTINGS.get(name);
    if (fixed !== undefined && value !== fixed) {
      throw new SessionFailure('protocol_error', {
        sqlstate: '0A000',
        message: `${name} was changed to ${value}, with which statements can't be checked any more`,
        hint: `Leave ${name} at ${fixed}.`,
      });
    }
    // What is told in our own name is told by nobody else.
    if (isAnnouncement(name)) return;
    this.#gather.pass(buffer, start, end);
  }

  notice(buffer: Buffer, start: number, end: number): void {
    const fields = readErrorFields(buffer, start, end);
    const policed = policeTexts(fields, this.#conversation.texts);
    this.#journal.add({ type: 'message', kind: 'notice', text: policed.get('M') ?? '' });
    if (policed === fields) this.#gather.pass(buffer, start, end);
    else this.#gather.put(writeErrorFields(Backend.noticeResponse, policed));
  }

  /** Somebody else's text: where anything is masked nobody can say whether it holds masked values. */
  notification(buffer: Buffer, start: number, end: number): void {
    const reader = new MessageReader(buffer, start + FRAME_HEADER, end);
    const processId = reader.int32();
    const channel = reader.cstring();
    const payload = reader.cstring();
    reader.finish();
    const withheld = this.#conversation.session.rules.columns.length > 0 && payload !== '';
    this.#journal.add({ type: 'message', kind: 'notification', channel, text: withheld ? '' : payload });
    if (withheld) this.#gather.put(notificationResponse(processId, channel, ''));
    else this.#gather.pass(buffer, start, end);
  }
}
