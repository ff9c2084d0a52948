import type { Asked } from '../../../sessions/session.ts';
import { writeErrorFields } from '../codec/error-fields.ts';
import { Backend } from '../codec/message-type.ts';

/** What a client is told that waits for people: a NoticeResponse, which `psql` shows at once and drivers hand on or drop. */
export function heldNotice({ id, waitsFor, expiresAt, breakable }: Asked): Buffer {
  const ways = [
    'Ctrl-C withdraws it.',
    ...(breakable
      ? [`drawbridge break-glass ${id} --reason "…" lets it run at once; those who have to know are told.`]
      : []),
  ];
  return writeErrorFields(
    Backend.noticeResponse,
    new Map([
      ['S', 'NOTICE'],
      ['V', 'NOTICE'],
      ['C', '00000'],
      ['M', `drawbridge: held for ${waitsFor.join(' and ')} (${id})`],
      ['D', `People were asked. It fails if nobody has decided by ${clockTime(expiresAt)} UTC.`],
      ['H', ways.join(' ')],
    ]),
  );
}

/** `12:35:10` of an RFC 3339 time, or the time as it came. */
const clockTime = (time: string): string => {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? time : date.toISOString().slice(11, 19);
};
