/** Values of options of the tools that measure, checked. Errors: SetupError that names the option, what it wants and what it got. */
import { SetupError } from '../../src/main/setup/report.mjs'

/** Names separated by commas, each of those that are allowed. */
export function listOf(values, name, allowed) {
  const items = values[name].split(',').filter(Boolean)
  const strange = items.find((item) => !allowed.includes(item))
  if (items.length === 0 || strange !== undefined)
    throw new SetupError(`--${name} wants some of ${allowed.join(', ')}, got "${values[name]}".`)
  return items
}

export function oneOf(values, name, allowed) {
  if (!allowed.includes(values[name]))
    throw new SetupError(`--${name} wants ${allowed.join(' or ')}, got "${values[name]}".`)
  return values[name]
}

/** Whole numbers from 0, separated by commas. */
export function wholesOf(values, name) {
  const items = values[name].split(',').filter(Boolean).map(Number)
  if (items.length === 0 || items.some((item) => !Number.isInteger(item) || item < 0))
    throw new SetupError(`--${name} wants whole numbers from 0 with commas between, got "${values[name]}".`)
  return items
}

export function wholeOf(values, name, least) {
  const value = Number(values[name])
  if (!Number.isInteger(value) || value < least)
    throw new SetupError(`--${name} wants a whole number from ${least}, got "${values[name]}".`)
  return value
}
