/** Numbers as text. A missing value is an en dash everywhere. */
export { intervalText, percentNumber } from '@shared/domain'

export const missing = '–'

/** 0.9534 → "95.3 %"; fractions of 1 in, one decimal out. */
export function percent(fraction: number | null | undefined, digits = 1): string {
  return fraction === null || fraction === undefined || !Number.isFinite(fraction)
    ? missing
    : `${(fraction * 100).toFixed(digits)} %`
}

/** A difference of two fractions in percentage points, with its sign: "−12.4". */
export function points(difference: number | null): string {
  if (difference === null || !Number.isFinite(difference)) return missing
  const shown = (Math.abs(difference) * 100).toFixed(1)
  if (shown === '0.0') return '0.0'
  return `${difference < 0 ? '−' : '+'}${shown}`
}

/**
 * At most four significant digits, thousands grouped by a thin space, exponents only where plain digits would not fit.
 */
export function compact(value: number | null | undefined): string {
  if (value === null || value === undefined) return missing
  if (!Number.isFinite(value)) return String(value)
  const size = Math.abs(value)
  if (Number.isInteger(value) && size < 1e12) return grouped(value)
  if (size !== 0 && (size < 1e-3 || size >= 1e7)) return value.toExponential(2).replace('e+', 'e').replaceAll('-', '−')
  const digits = size >= 1000 ? 0 : size >= 100 ? 1 : size >= 10 ? 2 : size >= 1 ? 3 : 4
  return value.toFixed(digits).replace('-', '−')
}

/** As `compact`, without trailing zeros: for axes and ranges. */
export function tidy(value: number): string {
  const shown = compact(value)
  return shown.replace(/^([−\d]+\.\d*?)0+(?=$|e)/, '$1').replace(/\.(?=$|e)/, '')
}

export function grouped(value: number): string {
  return Math.round(value)
    .toString()
    .replace(/\B(?=(\d{3})+(?!\d))/g, '\u202f')
    .replace('-', '−')
}

export function bytes(size: number | null | undefined): string {
  if (size === null || size === undefined) return missing
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  let value = size
  let unit = 0
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000
    unit++
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`
}
