import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  areaUnderRoc,
  aucInterval,
  collapsedGenerator,
  criticalT,
  defenseEffectiveness,
  deviationOf,
  findingsOf,
  leftOutWords,
  meanInterval,
  medianOf,
  pairedTest,
  partsFrom,
  predictionInterval,
  robustnessImprovement,
  seedsFor,
  verdictOn,
  verdictWords,
  wilsonInterval,
  type Evaluation,
  type Interval,
} from '../../../src/shared/domain'

type Pair = readonly [number, number]
const rounded = (value: number | null | undefined): string => String(Number((value ?? NaN).toFixed(4)))
const ends = (interval: Interval | null): string => `${rounded(interval?.low)} … ${rounded(interval?.high)}`
const values = (given: unknown): number[] => given as number[]
const pairs = (given: unknown): [Pair, Pair] => given as [Pair, Pair]

const evaluation: Evaluation = {
  ...{ accuracy: 0.9, asr: 0.9, asrAll: 0.9, robustAccuracy: 0.1, images: 10_000, nonTarget: 9000 },
  ...{ classes: 10, largestClass: 0.1, topAnswer: { label: 0, share: 0.1 }, cleanTargetRate: 0.01 },
}
/** Whether a model, by default a poisoned teacher that is done, has any finding. */
const isFound = (stage: Partial<Parameters<typeof findingsOf>[0]>, found: string, none: string): string => {
  const done = { kind: 'teacher', state: 'done', step: 400, totalSteps: 400, evaluation } as const
  return findingsOf({ ...done, ...stage }, { poisonRatio: 0.1 }).length > 0 ? found : none
}

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
  'area under the ROC curve, positives and negatives': (given) => {
    const [positives = [], negatives = []] = given as number[][]
    return rounded(areaUnderRoc({ positives, negatives }))
  },
  'interval of an area, area and both n': (given) => {
    const [auc = 0, positives = 0, negatives = 0] = values(given)
    return ends(aucInterval(auc, positives, negatives))
  },
  'intervals part, k and n of both': (given) => {
    const [one, other] = pairs(given).map((pair) => wilsonInterval(...pair))
    return partsFrom(one, other) ? 'yes' : 'no'
  },
  'student: accuracy, images, share of the largest class': (given) => {
    const [accuracy = 0, images = 0, largestClass = 0] = values(given)
    return isFound({ kind: 'student', evaluation: { ...evaluation, accuracy, images, largestClass } }, 'dead', 'alive')
  },
  'student at a step of 400: accuracy, step': (given) => {
    const [accuracy = 0, step = 0] = values(given)
    const measured = { ...evaluation, accuracy, step }
    return isFound({ kind: 'student', state: 'running', step, evaluation: measured }, 'dead', 'alive')
  },
  'teacher: share of its most frequent answer': (given) =>
    isFound(
      { evaluation: { ...evaluation, topAnswer: { label: 0, share: given as number } } },
      'collapsed',
      'not collapsed',
    ),
  'teacher: ASR and rate without the trigger, 9000 images, 10 classes': (given) => {
    const [asr = 0, cleanTargetRate = 0] = values(given)
    return isFound({ evaluation: { ...evaluation, asr, cleanTargetRate } }, 'not poisoned', 'poisoned')
  },
  'generator: most images of one class, of 64': (given) => {
    const teacherClass = Array.from({ length: 64 }, (_, index) => (index < (given as number) ? 5 : index % 5))
    const images = { step: 400, count: 64, height: 32, width: 32, channels: 3, teacherClass } as const
    return collapsedGenerator({ ...images, teacherClass: [...teacherClass] }, 400) ? 'collapsed' : 'not collapsed'
  },
  'left out, dead of all': (given) => {
    const [dead, all] = given as Pair
    const health = [{ kind: 'deadStudent', severity: 'error', reason: '', place: 'charts' } as const]
    return leftOutWords(Array.from({ length: all }, (_, index) => (index < dead ? { health } : {})))
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
