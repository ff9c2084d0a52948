/** PostgreSQL counts days and microseconds from 2000-01-01. */
const EPOCH_DAYS = 10_957;
const DAY = 86_400_000_000n;

/** Text of a `date`: days since 2000-01-01. */
export function dateText(days: number): string {
  if (days === 0x7fff_ffff) return 'infinity';
  if (days === -0x8000_0000) return '-infinity';
  const { date, era } = calendar(days);
  return date + era;
}

/** Text of a `timestamp`, or with its zone's name of a `timestamptz`: microseconds since 2000-01-01 UTC. */
export function timestampText(microseconds: bigint, zone = ''): string {
  if (microseconds === 0x7fff_ffff_ffff_ffffn) return 'infinity';
  if (microseconds === -0x8000_0000_0000_0000n) return '-infinity';
  const ofDay = ((microseconds % DAY) + DAY) % DAY;
  const { date, era } = calendar(Number((microseconds - ofDay) / DAY));
  return `${date} ${timeText(ofDay)}${zone}${era}`;
}

/** Text of a `time`: microseconds since midnight. */
export function timeText(microseconds: bigint): string {
  const seconds = Number(microseconds / 1_000_000n);
  const rest = Number(microseconds % 1_000_000n);
  const pad = (value: number) => String(value).padStart(2, '0');
  const fraction = rest === 0 ? '' : `.${String(rest).padStart(6, '0').replace(/0+$/, '')}`;
  return `${pad(Math.floor(seconds / 3600))}:${pad(Math.floor(seconds / 60) % 60)}:${pad(seconds % 60)}${fraction}`;
}

/**
 * The Gregorian date of a day, by H. Hinnant's `civil_from_days` (JavaScript's Date ends at the year 275,760,
 * PostgreSQL's at 294,276 for timestamps and 5,874,897 for dates). The year 0 is 1 BC.
 */
function calendar(sinceEpoch: number): { date: string; era: string } {
  const days = sinceEpoch + EPOCH_DAYS + 719_468;
  const cycle = Math.floor(days / 146_097);
  const dayOfCycle = days - cycle * 146_097;
  const yearOfCycle = Math.floor(
    (dayOfCycle -
      Math.floor(dayOfCycle / 1460) +
      Math.floor(dayOfCycle / 36_524) -
      Math.floor(dayOfCycle / 146_096)) /
      365,
  );
  const dayOfYear =
    dayOfCycle - (365 * yearOfCycle + Math.floor(yearOfCycle / 4) - Math.floor(yearOfCycle / 100));
  const shifted = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * shifted + 2) / 5) + 1;
  const month = shifted < 10 ? shifted + 3 : shifted - 9;
  const year = yearOfCycle + cycle * 400 + (month <= 2 ? 1 : 0);
  const pad = (value: number, width: number) => String(value).padStart(width, '0');
  return {
    date: `${pad(year > 0 ? year : 1 - year, 4)}-${pad(month, 2)}-${pad(day, 2)}`,
    era: year > 0 ? '' : ' BC',
  };
}
