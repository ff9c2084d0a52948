const minute = 60;
const hour = 3600;
const day = 86_400;

/** A length of time as people say it: `45 s`, `41 min`, `90 min`, `2 h`, `2 h 30 min`, `3 d`. */
export function durationText(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < minute) return `${whole} s`;
  const minutes = Math.round(whole / minute);
  if (minutes < 60 || minutes === 90) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  const rest = minutes % 60;
  if (hours >= 48 && rest === 0 && hours % 24 === 0) return `${hours / 24} d`;
  if (hours >= 48) return `${Math.floor(hours / 24)} d ${hours % 24} h`;
  return rest === 0 ? `${hours} h` : `${hours} h ${rest} min`;
}

/** Time left, rounded down: `41 min`; from five minutes on to the second, `4:52`. */
export function leftText(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < 5 * minute) return countdownText(whole);
  return durationText(Math.floor(whole / minute) * minute);
}

/** `41:12`, `1:02:05`. */
export function countdownText(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (value: number) => String(value).padStart(2, '0');
  const hours = Math.floor(whole / hour);
  const minutes = Math.floor((whole % hour) / minute);
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % minute)}` : `${minutes}:${two(whole % minute)}`;
}

/** How long ago: `now`, `3 min`, `2 h`, `4 d`. */
export function ageText(since: string, now: number): string {
  const seconds = Math.max(0, (now - Date.parse(since)) / 1000);
  if (seconds < minute) return 'now';
  if (seconds < hour) return `${Math.floor(seconds / minute)} min`;
  if (seconds < day) return `${Math.floor(seconds / hour)} h`;
  return `${Math.floor(seconds / day)} d`;
}

/** `3 min ago`, `just now`. */
export function agoText(since: string, now: number): string {
  const age = ageText(since, now);
  return age === 'now' ? 'just now' : `${age} ago`;
}

/** The UTC time of day, `14:01`. */
export function clockText(at: string | number): string {
  return new Date(at).toISOString().slice(11, 16);
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `14:01` today, `tomorrow 14:01`, `yesterday 14:01`, else `9 Mar 14:01` (with the year where it differs). UTC. */
export function momentText(at: string | number, now: number): string {
  const date = new Date(at);
  const days = Math.floor(date.getTime() / 86_400_000) - Math.floor(now / 86_400_000);
  const time = clockText(date.getTime());
  if (days === 0) return time;
  if (days === 1) return `tomorrow ${time}`;
  if (days === -1) return `yesterday ${time}`;
  return `${dateText(date.getTime(), now)} ${time}`;
}

/** `9 Mar`, or `9 Mar 2025` where the year isn't this one. UTC. */
export function dateText(at: string | number, now: number): string {
  const date = new Date(at);
  const text = `${date.getUTCDate()} ${months[date.getUTCMonth()] ?? ''}`;
  return date.getUTCFullYear() === new Date(now).getUTCFullYear() ? text : `${text} ${date.getUTCFullYear()}`;
}

/** Whether a moment is on the UTC day of now. */
export function isToday(at: string, now: number): boolean {
  return at.slice(0, 10) === new Date(now).toISOString().slice(0, 10);
}
