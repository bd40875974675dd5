/** Options that several commands have, and how the values of options are read. */
import { InvalidArgumentError, Option, type Command } from 'commander'
import { RefusedInputError } from '../../shared/errors'

export const wholeNumber = (value: string): number => {
  const parsed = value.trim() === '' ? NaN : Number(value)
  if (!Number.isSafeInteger(parsed) || parsed < 0) throw new InvalidArgumentError('wanted a whole number of at least 0')
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

const longestList = 10_000

/** "0,1,4-6": whole numbers and ranges of them, each once. */
export function wholeNumbers(value: string): number[] {
  const numbers = value.split(',').flatMap((part) => {
    const [, from, to] = /^\s*(\d+)\s*(?:-|\.\.)\s*(\d+)\s*$/.exec(part) ?? []
    if (from === undefined || to === undefined) return wholeNumber(part)
    const [low, high] = [wholeNumber(from), wholeNumber(to)]
    if (high < low || high - low >= longestList)
      throw new InvalidArgumentError(`wanted a range like 0-2 of at most ${longestList} numbers, the lower one first`)
    return Array.from({ length: high - low + 1 }, (_, index) => low + index)
  })
  return [...new Set(numbers)]
}

/** "accuracy,asr" */
export const wordList = (value: string): string[] => [
  ...new Set(
    value
      .split(',')
      .map((word) => word.trim())
      .filter((word) => word !== ''),
  ),
]

/** For options that may be repeated. */
export const collect = (value: string, earlier: string[] | undefined): string[] => [...(earlier ?? []), value]

/** An option with one value that came twice: which is meant is not ours to guess. */
export const givenTwice = (flag: string): RefusedInputError =>
  new RefusedInputError(`${flag} is given twice.`, {
    wanted: 'it once',
    action: 'For a run with each of several values, see abd study start --axis and --seeds.',
  })

/** Makes a command refuse an option that comes twice, unless its values are collected. */
export function refuseRepeated(command: Command): Command {
  for (const option of command.options) {
    if (option.parseArg === collect || !(option.required || option.optional)) continue
    let seen = false
    command.on(`option:${option.name()}`, () => {
      if (seen) throw givenTwice(option.long ?? option.name())
      seen = true
    })
  }
  return command
}

export const deviceOption = (): Option =>
  new Option('--device <device>', 'where to compute').choices(['auto', 'cpu', 'gpu'])
export const detachOption = (): Option => new Option('--detach', 'return at once; the engine goes on')
