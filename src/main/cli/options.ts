/** Options that several commands have, and how the values of options are read. */
import { InvalidArgumentError, Option } from 'commander'

export const wholeNumber = (value: string): number => {
  const parsed = Number(value)
  if (!Number.isInteger(parsed) || parsed < 0) throw new InvalidArgumentError('wanted a whole number of at least 0')
  return parsed
}

export const portNumber = (value: string): number => {
  const parsed = wholeNumber(value)
  if (parsed > 65_535) throw new InvalidArgumentError('wanted a port from 0 (any free one) to 65535')
  return parsed
}

export const numeric = (value: string): number => {
  const parsed = Number(value)
  if (!Number.isFinite(parsed)) throw new InvalidArgumentError('wanted a number')
  return parsed
}

export const seedList = (value: string): number[] => [...new Set(value.split(',').map(wholeNumber))]

/** For options that may be repeated. */
export const collect = (value: string, earlier: string[] | undefined): string[] => [...(earlier ?? []), value]

export const deviceOption = (): Option =>
  new Option('--device <device>', 'where to compute').choices(['auto', 'cpu', 'gpu'])
export const detachOption = (): Option => new Option('--detach', 'return at once; the engine goes on')
