const units = [
  { seconds: 86_400, name: 'd' },
  { seconds: 3_600, name: 'h' },
  { seconds: 60, name: 'min' },
  { seconds: 1, name: 's' },
] as const;

/** A length of time in its one or two largest units: `42 min`, `1 h 30 min`, `8 s`. Takes milliseconds. */
export function span(milliseconds: number): string {
  let rest = Math.max(0, Math.round(milliseconds / 1000));
  if (rest >= 120) rest = Math.round(rest / 60) * 60;
  const parts: string[] = [];
  for (const { seconds, name } of units) {
    const count = Math.floor(rest / seconds);
    if (count === 0) {
      if (parts.length > 0) break;
      continue;
    }
    parts.push(`${count} ${name}`);
    rest -= count * seconds;
    if (parts.length === 2) break;
  }
  return parts.join(' ') || '0 s';
}

/** `in 42 min`, `3 min ago`, `now`. */
export function relativeTime(timestamp: string, now: number): string {
  const difference = Date.parse(timestamp) - now;
  if (Math.abs(difference) < 1_000) return 'now';
  return difference > 0 ? `in ${span(difference)}` : `${span(-difference)} ago`;
}

/** Hours and minutes on the person's own clock, with the day where it isn't today. */
export function clockTime(timestamp: string, now: number): string {
  const time = new Date(timestamp);
  const two = (n: number) => String(n).padStart(2, '0');
  const clock = `${two(time.getHours())}:${two(time.getMinutes())}`;
  if (new Date(now).toDateString() === time.toDateString()) return clock;
  return `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())} ${clock}`;
}

/** Offset within a recording: `00:04.211`, `1:02:03.004`. Takes milliseconds. */
export function offset(milliseconds: number): string {
  const total = Math.floor(milliseconds);
  const two = (n: number) => String(Math.floor(n)).padStart(2, '0');
  const hours = Math.floor(total / 3_600_000);
  return `${hours > 0 ? `${hours}:` : ''}${two((total / 60_000) % 60)}:${two((total / 1000) % 60)}.${String(total % 1000).padStart(3, '0')}`;
}
