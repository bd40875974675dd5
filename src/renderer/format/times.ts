import { missing } from './numbers'

/** Seconds as "8 s", "2 min 05 s", "1 h 07 min". */
export function duration(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return missing
  const whole = Math.max(0, Math.round(seconds))
  if (whole < 60) return `${whole} s`
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`
  if (whole >= 48 * 3600) return `${(whole / 86_400).toFixed(1)} days`
  return `${Math.floor(whole / 3600)} h ${String(Math.floor((whole % 3600) / 60)).padStart(2, '0')} min`
}

/** A rounded estimate: "about 6 min". */
export function aboutDuration(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return missing
  if (seconds < 50) return `about ${Math.max(5, Math.round(seconds / 5) * 5)} s`
  if (seconds < 5400) return `about ${Math.max(1, Math.round(seconds / 60))} min`
  if (seconds < 48 * 3600) return `about ${(seconds / 3600).toFixed(1)} h`
  return `about ${Math.round(seconds / 86_400)} days`
}

/** "left" for progress lines; under a second nothing is promised. */
export const timeLeft = (seconds: number | null): string =>
  seconds === null ? 'time left unknown' : seconds < 1 ? 'nearly done' : `${duration(seconds)} left`

export function clock(time: number): string {
  const date = new Date(time)
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => String(part).padStart(2, '0')).join(':')
}

/** Local date and minute, sortable: "2025-03-01 14:05". */
export function dateTime(time: number | null): string {
  if (time === null) return missing
  const date = new Date(time)
  const day = [date.getFullYear(), date.getMonth() + 1, date.getDate()]
    .map((part) => String(part).padStart(2, '0'))
    .join('-')
  return `${day} ${clock(time).slice(0, 5)}`
}

/** "just now", "4 min ago", "3 h ago", then the date. */
export function ago(time: number, now: number): string {
  const seconds = (now - time) / 1000
  if (seconds < 45) return 'just now'
  if (seconds < 3600) return `${Math.max(1, Math.round(seconds / 60))} min ago`
  if (seconds < 86_400) return `${Math.round(seconds / 3600)} h ago`
  return dateTime(time).slice(0, 10)
}
