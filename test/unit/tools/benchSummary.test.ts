import { describe, expect, it } from 'vitest'
import { bestOf, finalists, ratiosAgainst } from '../../../tools/bench/choice.mjs'
import { instructionSets } from '../../../tools/bench/instructions.mjs'
import { differencesOf } from '../../../tools/bench/numbers.mjs'
import { readOptions } from '../../../tools/bench/options.mjs'
import { formatReport } from '../../../tools/bench/report.mjs'
import { secondsOf, statistics, summarize } from '../../../tools/bench/summary.mjs'
import { variantsFor } from '../../../tools/bench/variants.mjs'

const variants = [
  { id: 'tuned', group: 'float32' },
  { id: 'float32: compile', group: 'float32' },
  { id: 'autocast: eager', group: 'autocast' },
]
const phases = ['pseudoBatch', 'evaluation']

/** Repeats of a pseudo batch whose parts are shares of the total, and of an evaluation. */
function samplesOf(subject: string, pseudoBatch: readonly number[], evaluation: readonly number[]): object[] {
  return [
    ...pseudoBatch.map((total) => ({
      subject,
      phase: 'pseudoBatch',
      times: { total, generator: total / 4, cpu: { total: total * 2, generator: total / 2 } },
    })),
    ...evaluation.map((total) => ({ subject, phase: 'evaluation', times: { total, cpu: { total: total * 2 } } })),
  ]
}

const samples = [
  ...samplesOf('ours-float32', [2, 1, 3], [4, 4, 4]),
  ...samplesOf('tuned', [6, 5, 4], [6, 6, 6]),
  ...samplesOf('float32: compile', [4, 4, 9], [7, 7, 7]),
  ...samplesOf('autocast: eager', [1, 1, 1], [2, 2, 2]),
]
const seconds = secondsOf(samples, phases)

const summary = summarize({
  samples,
  facts: Object.fromEntries(
    ['ours-float32', ...variants.map(({ id }) => id)].map((id) => [id, { device: 'a processor', versions: {} }]),
  ),
  memory: {},
  options: { suite: 'zskt', precisions: ['float32'], batch: 128, threads: 2, repeats: 3, warmUps: 2, eager: false },
  phases,
  variants,
  preliminary: undefined,
})

describe('figures of the benchmark', () => {
  it('takes medians and quartiles between the samples', () => {
    expect(statistics([4, 1, 3, 2])).toEqual({ median: 2.5, lowerQuartile: 1.75, upperQuartile: 3.25, repeats: 4 })
  })

  it('finds each figure in its phase and part, on the clock and of the processor', () => {
    expect(seconds.pseudoBatch?.tuned?.median).toBe(5)
    expect(seconds.generator?.tuned?.median).toBe(1.25)
    expect(secondsOf(samples, phases, 'cpu').pseudoBatch?.tuned?.median).toBe(10)
    expect(seconds.teacher).toBeUndefined()
  })

  it('holds ours against the fastest of each group, figure by figure', () => {
    expect(bestOf(seconds, variants)).toEqual({
      float32: {
        pseudoBatch: 'float32: compile',
        generator: 'float32: compile',
        evaluation: 'tuned',
      },
      autocast: { pseudoBatch: 'autocast: eager', generator: 'autocast: eager', evaluation: 'autocast: eager' },
    })
  })

  it('lets a variant run all repeats only of the phases in which it was fastest in something', () => {
    const chosen = finalists(bestOf(seconds, variants))
    expect(Object.fromEntries([...chosen].map(([id, names]) => [id, [...names]]))).toEqual({
      'float32: compile': ['pseudoBatch'],
      tuned: ['evaluation'],
      'autocast: eager': ['pseudoBatch', 'evaluation'],
    })
  })

  it('divides their median by ours and leaves out what one of them lacks', () => {
    expect(ratiosAgainst(seconds, { pseudoBatch: 'tuned', teacher: 'tuned' }, 'ours-float32')).toEqual({
      pseudoBatch: 2.5,
    })
  })
})

describe("the benchmark's JSON line", () => {
  it('has the ratios against the best float32 and the best autocast baseline', () => {
    const line = JSON.parse(JSON.stringify(summary)) as typeof summary
    expect(line.ratios).toEqual({
      float32: { pseudoBatch: 2, generator: 2, evaluation: 1.5 },
      autocast: { pseudoBatch: 0.5, generator: 0.5, evaluation: 0.5 },
      tuned: { pseudoBatch: 2.5, generator: 2.5, evaluation: 1.5 },
    })
    expect(line.cpuRatios.float32).toEqual(line.ratios.float32)
    expect(line.seconds.evaluation['ours-float32']).toEqual({
      median: 4,
      lowerQuartile: 4,
      upperQuartile: 4,
      repeats: 3,
    })
  })

  it('is written as tables whose cells name the variant that was fastest', () => {
    const text = formatReport(summary)
    expect(text).toContain('4.000 (4.000–6.500) compile')
    expect(text).toContain('2.00 (goal 1.5)')
    expect(text).toContain('--precision float32 --batch 128 --threads 2 --repeats 3 --warm-ups 2 --reference PATH')
  })
})

describe('the same mathematics', () => {
  const numbers = (factor: number): Record<string, number> => ({
    generatorLoss: -0.01,
    generatorGradient: 0.08 * factor,
    studentLoss: 0.9,
    studentGradient: 2.9,
    teacherLoss: 2.3,
  })
  const found = differencesOf(
    { tuned: numbers(1), 'autocast: eager': numbers(1.01), 'ours-float32': numbers(1.002) },
    { from: 'tuned', float32: ['ours-float32', 'float32: compile'] },
  )

  it('names the float32 subjects whose losses or gradients differ, and only those', () => {
    expect(found?.strange).toEqual(['ours-float32'])
    expect(found?.differences['autocast: eager']?.generatorGradient).toBeCloseTo(0.01)
    expect(
      differencesOf({ tuned: numbers(1), 'ours-float32': numbers(1.0001) }, { from: 'tuned', float32: [] })?.strange,
    ).toEqual([])
  })

  it('counts a number that is none as different', () => {
    const broken = { tuned: numbers(1), 'ours-float32': { ...numbers(1), studentLoss: NaN } }
    expect(differencesOf(broken, { from: 'tuned', float32: ['ours-float32'] })?.strange).toEqual(['ours-float32'])
  })
})

describe('what the benchmark is asked for', () => {
  it('takes a list of precisions, and TF32 only on a GPU', () => {
    expect(readOptions(['--precision', 'tf32,float32', '--device', 'gpu']).precisions).toEqual(['tf32', 'float32'])
    expect(() => readOptions(['--precision', 'tf32'])).toThrow('add --device gpu')
    expect(() => readOptions(['--precision', 'float16'])).toThrow('got "float16"')
  })

  it('has TF32 baselines on a GPU alone', () => {
    expect(new Set(variantsFor('cpu').map(({ group }) => group))).toEqual(new Set(['float32', 'autocast']))
    expect(variantsFor('gpu').some(({ group }) => group === 'tf32')).toBe(true)
  })

  it('reads the instruction sets that decide about speed', () => {
    expect(instructionSets('model name\t: x\nflags\t\t: fpu avx2 avx512f avx512_bf16 amx_bf16 sse\n')).toEqual([
      'avx2',
      'avx512f',
      'avx512_bf16',
      'amx_bf16',
    ])
  })
})
