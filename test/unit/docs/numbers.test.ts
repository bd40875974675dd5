import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  criticalT,
  defenseEffectiveness,
  deviationOf,
  meanInterval,
  medianOf,
  pairedTest,
  predictionInterval,
  robustnessImprovement,
  seedsFor,
  verdictOn,
  verdictWords,
  wilsonInterval,
  type Interval,
} from '../../../src/shared/domain'

type Pair = readonly [number, number]
const rounded = (value: number | null | undefined): string => String(Number((value ?? NaN).toFixed(4)))
const ends = (interval: Interval | null): string => `${rounded(interval?.low)} … ${rounded(interval?.high)}`
const values = (given: unknown): number[] => given as number[]
const pairs = (given: unknown): [Pair, Pair] => given as [Pair, Pair]

const examples: Readonly<Record<string, (given: unknown) => string>> = {
  deviation: (given) => rounded(deviationOf(values(given))),
  median: (given) => rounded(medianOf(values(given))),
  'critical t, degrees of freedom': (given) => rounded(criticalT(given as number)),
  'interval of the mean': (given) => ends(meanInterval(values(given))),
  'prediction interval': (given) => ends(predictionInterval(values(given))),
  'Wilson interval, k and n': (given) => ends(wilsonInterval(...(given as Pair))),
  'paired test, t': (given) => rounded(pairedTest(pairs(given))?.t),
  'paired test, p': (given) => rounded(pairedTest(pairs(given))?.p),
  'DER, undefended and defended [accuracy, ASR]': (given) => {
    const [undefended, defended] = pairs(given).map(([accuracy, asr]) => ({ accuracy, asr }))
    return rounded(undefended && defended && defenseEffectiveness(undefended, defended))
  },
  'RIR, undefended and defended [accuracy, robust accuracy]': (given) => {
    const [undefended, defended] = pairs(given).map(([accuracy, robustAccuracy]) => ({ accuracy, robustAccuracy }))
    return rounded(undefended && defended && robustnessImprovement(undefended, defended))
  },
  'seeds for a deviation': (given) => String(seedsFor(given as number)),
  'verdict, ours and published': (given) => {
    const [ours, published] = given as [number[], number]
    const verdict = verdictOn(ours, published)
    return verdict ? verdictWords(verdict) : ''
  },
}

const text = readFileSync(join(import.meta.dirname, '../../../docs/numbers.md'), 'utf8')
const rows = text
  .slice(text.indexOf('## Examples'))
  .split('\n')
  .filter((line) => line.startsWith('|'))
  .slice(2)
  .map((line) => line.split('|').map((cell) => cell.trim()))

describe('the examples of docs/numbers.md', () => {
  it.each(rows)('%s%s of %s', (_before, what, given = '', result) => {
    expect(examples[what ?? '']?.(JSON.parse(given))).toBe(result)
  })
  it('leave none out', () => {
    expect(new Set(rows.map((row) => row[1]))).toEqual(new Set(Object.keys(examples)))
  })
})
