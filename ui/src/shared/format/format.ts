// Numbers, times and sizes as people read them. All of it is locale-aware; nothing here rounds what can be exact.

const whole = new Intl.NumberFormat(undefined, { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat(undefined, { notation: "compact", maximumFractionDigits: 1 });
const oneDigit = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 });
const relative = new Intl.RelativeTimeFormat(undefined, { numeric: "auto", style: "short" });

/** 12,345,678 */
export const exactCount = (n: number) => whole.format(n);

/** 12.3M; exact below ten thousand. */
export const count = (n: number) => (Math.abs(n) < 10_000 ? whole.format(n) : short.format(n));

/** Records per second. */
export function rate(n: number): string {
  if (n === 0) return "0";
  if (n < 0.05) return "<0.1";
  return n < 100 ? oneDigit.format(n) : count(Math.round(n));
}

/** 850 ms, 12 s, 4 min, 2 h 5 min */
export function seconds(s: number): string {
  if (s < 1) return `${Math.round(s * 1000)} ms`;
  if (s < 90) return `${Math.round(s)} s`;
  const minutes = Math.round(s / 60);
  if (minutes < 90) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.round(hours / 24)} days`;
}

/** Of a step: 12 µs, 3.4 ms, 1.2 s */
export function micros(us: number): string {
  if (us < 1000) return `${us < 10 ? oneDigit.format(us) : whole.format(us)} µs`;
  return us < 1e6 ? `${oneDigit.format(us / 1000)} ms` : `${oneDigit.format(us / 1e6)} s`;
}

export function bytes(n: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let unit = 0;
  while (n >= 1024 && unit < units.length - 1) {
    n /= 1024;
    unit++;
  }
  return `${oneDigit.format(n)} ${units[unit]}`;
}

/** "5 min ago", given both times in milliseconds. */
export function ago(then: number, now: number): string {
  const s = Math.round((then - now) / 1000);
  const abs = Math.abs(s);
  if (abs < 60) return relative.format(s, "second");
  if (abs < 3600) return relative.format(Math.round(s / 60), "minute");
  if (abs < 86400) return relative.format(Math.round(s / 3600), "hour");
  return relative.format(Math.round(s / 86400), "day");
}

export const dateTime = (iso: string) =>
  new Date(iso).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "medium" });

/** To the millisecond; the day only when it is not today. */
export function moment(iso: string): string {
  const at = new Date(iso);
  const time = at.toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", fractionalSecondDigits: 3, hour12: false });
  return at.toDateString() === new Date().toDateString() ? time : `${at.toLocaleDateString(undefined, { month: "short", day: "numeric", year: "numeric" })} ${time}`;
}

export const clock = (ms: number) => new Date(ms).toLocaleTimeString();
