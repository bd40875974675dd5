/** Seeds as people write them: "0-4, 7". */
import { RefusedInputError } from '@shared/errors'

const most = 1000

/**
 * @returns ascending as written, each once
 * @throws RefusedInputError naming the part that is no seed
 */
export function readSeeds(text: string): number[] {
  const seeds = text
    .split(/[\s,;]+/)
    .filter((part) => part !== '')
    .flatMap(seedsIn)
  if (seeds.length > most)
    throw new RefusedInputError('These are too many seeds.', { wanted: `at most ${most}`, got: String(seeds.length) })
  return [...new Set(seeds)]
}

function seedsIn(part: string): number[] {
  const [, first, last] = /^(\d{1,10})(?:(?:-|–|\.\.)(\d{1,10}))?$/.exec(part) ?? []
  if (first === undefined) throw refused(part)
  const from = Number(first)
  const to = last === undefined ? from : Number(last)
  if (to < from || to >= 2 ** 31 || to - from >= most) throw refused(part)
  return Array.from({ length: to - from + 1 }, (_, index) => from + index)
}
const refused = (part: string): RefusedInputError =>
  new RefusedInputError('This is no list of seeds.', {
    wanted: 'whole numbers from 0 and ranges of at most 1,000, e.g. 0-4, 7',
    got: part,
  })

/** [0, 1, 2, 7] → "0-2, 7". */
export function writeSeeds(seeds: readonly number[]): string {
  const parts: string[] = []
  for (let index = 0; index < seeds.length;) {
    let end = index
    while (seeds[end + 1] === (seeds[end] ?? 0) + 1) end++
    parts.push(end - index >= 2 ? `${seeds[index]}-${seeds[end]}` : seeds.slice(index, end + 1).join(', '))
    index = end + 1
  }
  return parts.join(', ')
}
