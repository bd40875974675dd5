import { describe, expect, it } from 'vitest'
import {
  fieldsOf,
  leftOutWords,
  pivotModels,
  pivotOf,
  variedFields,
  type Pivot,
  type PivotCell,
  type PivotQuery,
  type RunSummary,
} from '../../../../src/shared/domain'
import { pivotRun, pivotStudy, type PivotRunTraits } from '../../../fixtures/pivotRuns'

const byAttackAndDefense: PivotQuery = { rows: ['attack'], columns: ['defenses'] }
const students = (runs: readonly RunSummary[], query = byAttackAndDefense): Pivot =>
  pivotOf(
    pivotModels(runs).filter(({ kind }) => kind === 'student'),
    query,
  )
const cellOf = (pivot: Pivot, row = 0, column = 0): PivotCell => {
  const cell = pivot.cells[row]?.[column]
  if (!cell) throw new Error('There is no such cell.')
  return cell
}

describe('a pivot', () => {
  it('averages each cell over its seeds', () => {
    const pivot = students(pivotStudy())
    expect(pivot.rows.map(({ labels }) => labels)).toEqual([['badnet_grid'], ['blend']])
    expect(pivot.columns.map(({ labels }) => labels)).toEqual([['none'], ['sv']])
    const cell = cellOf(pivot)
    expect(cell).toMatchObject({
      seeds: [0, 1, 2],
      fewSeeds: false,
      failed: 0,
      unfinished: 0,
      mixed: [],
      ofImages: null,
    })
    expect(cell.values.accuracy?.mean).toBeCloseTo(0.72, 12)
    expect(cell.values.accuracy?.deviation).toBeCloseTo(0.02, 12)
    expect(cell.values.seconds).toMatchObject({ mean: 61, min: 60, max: 62 })
    expect(pivot.runs).toHaveLength(12)
  })

  it('counts a seed once, by its newest finished run', () => {
    const older = pivotRun({ accuracy: 0.1, createdAt: 1 })
    const newer = pivotRun({ accuracy: 0.5, createdAt: 2 })
    const failed = pivotRun({ state: 'failed', createdAt: 3 })
    expect(cellOf(students([newer, failed, older]))).toMatchObject({
      values: { accuracy: { n: 1, mean: 0.5 } },
      failed: 0,
      seeds: [0],
    })
  })

  it('leaves models out of every number that have learnt nothing, and keeps them in sight', () => {
    const health = [{ kind: 'deadStudent', severity: 'error', reason: 'why', place: 'charts' } as const]
    const runs = [
      ...[0, 1, 2, 3].map((seed) => pivotRun({ seed, defense: 'sv', accuracy: 0.7, asr: 0.05 })),
      pivotRun({ seed: 4, defense: 'sv', accuracy: 0.1, asr: 0, health }),
      ...[0, 1, 2].map((seed) => pivotRun({ seed, accuracy: 0.72, asr: 0.95 })),
      pivotRun({ seed: 3, accuracy: 0.1, asr: 0, health }),
      pivotRun({ seed: 4, accuracy: 0.72, asr: 0.95 }),
    ]
    const [undefended, defended] = [0, 1].map((column) => cellOf(students(runs), 0, column)) as [PivotCell, PivotCell]
    expect(defended.leftOut.map(({ seed }) => seed)).toEqual([4])
    expect(leftOutWords([...defended.models, ...defended.leftOut])).toBe('1 of 5 left out: dead')
    expect(defended.values.accuracy).toMatchObject({ n: 4, mean: expect.closeTo(0.7) as number })
    // Seed 4 is dead itself, the twin of seed 3 is.
    expect(defended.values.der?.n).toBe(3)
    expect(defended.tests?.asr?.n).toBe(3)
    expect(undefended).toMatchObject({ seeds: [0, 1, 2, 4], unfinished: 0, failed: 0 })
  })

  it('counts failed and unfinished seeds apart, and says that there are few', () => {
    const cell = cellOf(
      students([
        pivotRun({ seed: 0 }),
        pivotRun({ seed: 1, state: 'failed' }),
        pivotRun({ seed: 2, state: 'paused' }),
        pivotRun({ seed: 3, state: 'waiting' }),
      ]),
    )
    expect(cell).toMatchObject({ seeds: [0], failed: 1, unfinished: 2, fewSeeds: true })
  })

  it('tells of a single model what its test images tell', () => {
    const { ofImages } = cellOf(students([pivotRun({ accuracy: 0.8, asr: 0 })]))
    expect(ofImages?.accuracy?.low).toBeCloseTo(0.7741, 3)
    expect(ofImages?.asr?.low).toBe(0)
  })

  it('names what a cell averages over besides the seed', () => {
    const overMethods = [pivotRun({ method: 'zskt' }), pivotRun({ method: 'cmi' })]
    expect(cellOf(students(overMethods))).toMatchObject({ mixed: ['method'], tests: null, published: null })
    expect(cellOf(students([pivotRun({ settings: 'a' }), pivotRun({ settings: 'b' })])).mixed).toEqual(['settings'])
    expect(cellOf(students([pivotRun({ seed: 0 }), pivotRun({ seed: 1 })])).mixed).toEqual([])
  })

  it('takes any fields, none, and several at once', () => {
    const runs = pivotStudy()
    const whole = students(runs, { rows: [], columns: [] })
    expect(whole.cells).toHaveLength(1)
    expect(cellOf(whole).mixed).toEqual(['attack', 'defenses'])
    const pairs = students(runs, { rows: ['attack', 'defenses'], columns: ['seed'] })
    expect(pairs.rows.map(({ labels }) => labels.join(' '))).toEqual([
      'badnet_grid none',
      'badnet_grid sv',
      'blend none',
      'blend sv',
    ])
    expect(cellOf(pairs, 1, 2)).toMatchObject({ seeds: [2] })
  })

  it('has no cell where no model belongs', () => {
    const pivot = students([pivotRun({ attack: 'blend', defense: 'none' }), pivotRun({ attack: 'sig', defense: 'sv' })])
    expect(pivot.cells.map((row) => row.map((cell) => cell !== null))).toEqual([
      [true, false],
      [false, true],
    ])
  })

  it('orders labels as it is told, else "none" first, numbers by size and words by the alphabet', () => {
    const runs = ['sv+sr', 'none', 'sr'].map((defense) => pivotRun({ defense }))
    const labels = (pivot: Pivot): string[] => pivot.columns.map((head) => head.labels.join())
    expect(labels(students(runs))).toEqual(['none', 'sr', 'sv+sr'])
    expect(labels(students(runs, { ...byAttackAndDefense, order: { defenses: ['sv+sr', 'sr'] } }))).toEqual([
      'sv+sr',
      'sr',
      'none',
    ])
    const ratios = ['0.1', '0.05', '10', '9'].map((label) => pivotRun({ axes: { ratio: label }, settings: label }))
    expect(labels(students(ratios, { rows: [], columns: ['ratio'] }))).toEqual(['0.05', '0.1', '9', '10'])
  })
})

describe('the models of a pivot', () => {
  it('count a teacher that several runs share once', () => {
    const models = pivotModels(pivotStudy())
    expect(models.filter(({ kind }) => kind === 'teacher')).toHaveLength(6)
    expect(models.filter(({ kind }) => kind === 'student')).toHaveLength(12)
  })

  it('are called as the axes of their study call them, teachers only where the axis concerns them', () => {
    const axes = {
      defenses: 'vaccine',
      'poisoning.ratio': 'a tenth',
      'distillation.method.params.pseudoBatches': 'few',
    }
    const [teacher, student] = pivotModels([pivotRun({ defense: 'sv', axes })])
    expect(student?.labels).toMatchObject({ ...axes, attack: 'blend', method: 'zskt' })
    expect(teacher?.labels).toMatchObject({
      defenses: '–',
      method: '–',
      'poisoning.ratio': 'a tenth',
      'distillation.method.params.pseudoBatches': '–',
    })
    expect(fieldsOf([student!], { 'distillation.method.params.pseudoBatches': 'Pseudo batches' }).at(-1)).toEqual({
      id: 'distillation.method.params.pseudoBatches',
      title: 'Pseudo batches',
    })
  })

  it('vary in these fields', () => {
    expect(variedFields(pivotModels(pivotStudy()).filter(({ kind }) => kind === 'student'))).toEqual([
      'attack',
      'defenses',
    ])
  })

  it('have one field for an axis that varies what a standard field tells', () => {
    const models = ['a', 'b'].flatMap((attack) => pivotModels([pivotRun({ attack, axes: { 'attack.id': attack } })]))
    expect(variedFields(models)).toEqual(['model', 'attack.id'])
    expect(models[0]?.labels).toMatchObject({ attack: 'a', 'attack.id': 'a' })
    expect(variedFields([...models, ...pivotModels([pivotRun({ attack: 'c' })])])).toEqual(['model', 'attack'])
  })

  it('have DER and RIR against the undefended student of another run with the same seed', () => {
    const rates = { accuracy: 0.7, asr: 0.9, robustAccuracy: 0.1 }
    const twin = pivotRun({ seed: 4, ...rates })
    const defended = pivotRun({ seed: 4, defense: 'sv', ...rates, asr: 0.1, robustAccuracy: 0.5 })
    const derOf = (...runs: RunSummary[]): (number | null | undefined)[] => {
      const model = pivotModels(runs).find(({ defended: is }) => is)
      return [model?.values.der, model?.values.rir].map((value) => (value ? Math.round(value * 1000) / 1000 : value))
    }
    expect(derOf(twin, defended)).toEqual([0.9, 0.7])
    expect(derOf(defended, pivotRun({ seed: 5, ...rates }))).toEqual([null, null])
    expect(derOf(defended, pivotRun({ seed: 4, ...rates, method: 'cmi' }))).toEqual([null, null])
    expect(derOf(defended, pivotRun({ seed: 4, ...rates, settings: 'more epochs' }))).toEqual([null, null])
    expect(derOf(defended, pivotRun({ seed: 4, ...rates, state: 'paused' }))).toEqual([null, null])
  })

  it('of records without pair keys are compared within their run', () => {
    const twin = pivotRun({ old: true })
    const defended = pivotRun({ old: true, defense: 'sv', asr: 0.1 })
    const [, student] = defended.stages
    const both = { ...twin, stages: [...twin.stages, { ...student!, id: 'student-2', index: 1 }] }
    const worth = (runs: RunSummary[]): unknown => pivotModels(runs).find(({ defended: is }) => is)?.values.der
    expect(worth([both])).toBeCloseTo(0.9, 12)
    expect(worth([twin, defended])).toBeNull()
  })
})

describe('a cell beside others', () => {
  it('tests defended against undefended over common seeds', () => {
    const pivot = students(pivotStudy())
    expect(cellOf(pivot, 0, 0).tests).toBeNull()
    const { tests } = cellOf(pivot, 0, 1)
    expect(tests?.asr?.n).toBe(3)
    expect(tests?.asr?.difference).toBeCloseTo(-0.9, 12)
    // Differences −0.87, −0.90, −0.93: t = −0.9 / (0.03 / √3).
    expect(tests?.asr?.t).toBeCloseTo(-51.96152422706631, 8)
    expect(tests?.asr?.p).toBeCloseTo(0.000370165, 8)
    expect(tests?.accuracy).toMatchObject({ n: 3, p: 0 })
  })

  it('is tested against another defense of the same seeds and settings', () => {
    const runs = [0, 1, 2].flatMap((seed) =>
      (['badnet_grid', 'blend'] as const).flatMap((attack) => [
        pivotRun({ seed, attack, asr: 0.9 }),
        pivotRun({ seed, attack, defense: 'control', asr: attack === 'blend' ? 0.8 : 0.5 }),
        pivotRun({ seed, attack, defense: 'sr', asr: 0.1 + 0.01 * seed }),
      ]),
    )
    const pivot = students(runs, { ...byAttackAndDefense, against: 'control' })
    expect(pivot.against).toBe('control')
    expect(pivot.columns.map(({ labels }) => labels)).toEqual([['none'], ['control'], ['sr']])
    const differenceAt = (row: number, column: number) => cellOf(pivot, row, column).tests?.asr?.difference
    expect([differenceAt(0, 0), differenceAt(0, 2)]).toEqual([expect.closeTo(0.4, 12), expect.closeTo(-0.39, 12)])
    expect([differenceAt(1, 0), differenceAt(1, 2)]).toEqual([expect.closeTo(0.1, 12), expect.closeTo(-0.69, 12)])
    expect([differenceAt(0, 1), differenceAt(1, 1)]).toEqual([undefined, undefined])
    // What a defense is worth stays beside no defense.
    expect(cellOf(pivot, 1, 2).values.der).toEqual(cellOf(students(runs), 1, 2).values.der)
  })

  it('is not tested against a defense whose label stands for several settings', () => {
    const runs = [0, 1, 2].flatMap((seed) =>
      ['sv', 'sr'].map((defense) => pivotRun({ seed, defense, asr: defense === 'sv' ? 0.5 : 0.1 })),
    )
    const others = [0, 1, 2].map((seed) => pivotRun({ seed, defense: 'sv2', asr: 0.3, axes: { defenses: 'sv' } }))
    const against = { ...byAttackAndDefense, against: 'sv' }
    const at = (pivot: Pivot) => pivot.columns.findIndex(({ labels }) => labels[0] === 'sr')
    const [alone, several] = [students(runs, against), students([...runs, ...others], against)]
    expect(cellOf(alone, 0, at(alone)).tests?.asr?.difference).toBeCloseTo(-0.4, 12)
    expect(cellOf(several, 0, at(several)).tests).toBeNull()
  })

  it('is tested against one that has learnt, the newest of its seed', () => {
    const health = [{ kind: 'deadStudent', severity: 'error', reason: 'why', place: 'charts' } as const]
    const against = { ...byAttackAndDefense, against: 'control' }
    const runs = [0, 1, 2].flatMap((seed) => [
      pivotRun({ seed, defense: 'control', asr: 0.3, settings: 'control', createdAt: 1 }),
      pivotRun({ seed, defense: 'sr', asr: 0.1, settings: 'control' }),
    ])
    const later = (traits: PivotRunTraits) => [0, 1, 2].map((seed) => pivotRun({ seed, ...traits }))
    expect(cellOf(students(runs, against), 0, 1).tests?.asr?.difference).toBeCloseTo(-0.2, 12)
    const dead = later({ defense: 'control', asr: 0, settings: 'control', health: [...health] })
    expect(cellOf(students([...runs, ...dead], against), 0, 1).tests).toBeNull()
  })

  it('is compared with nothing that is not there', () => {
    expect(() => students(pivotStudy(), { ...byAttackAndDefense, against: 'contrl' })).toThrow(
      'None of these models has the defense "contrl"',
    )
  })

  it('is tested over the seeds that both have, and not with two', () => {
    const runs = [0, 1, 2, 3].map((seed) => pivotRun({ seed }))
    const defended = [1, 2, 3, 7].map((seed) => pivotRun({ seed, defense: 'sv', asr: 0.1 + 0.01 * seed }))
    expect(cellOf(students([...runs, ...defended]), 0, 1).tests?.asr?.n).toBe(3)
    expect(cellOf(students([...runs.slice(0, 3), ...defended]), 0, 1).tests).toBeNull()
  })

  it('stands beside the published numbers, with a verdict where settings are the published ones', () => {
    const ours = (settings: string[]): RunSummary[] =>
      [0.715, 0.719, 0.723].map((accuracy, seed) =>
        pivotRun({ attack: 'badnet_grid', seed, accuracy, asr: 0.5, otherSettings: settings }),
      )
    const { published } = cellOf(students(ours([])))
    expect(published).toMatchObject({ accuracy: 0.719, asr: 0.969, otherSettings: [] })
    expect(published?.verdicts.accuracy?.kind).toBe('reproduced')
    expect(published?.verdicts.asr?.kind).toBe('notReproduced')
    expect(published?.verdict?.kind).toBe('notReproduced')
    const other = cellOf(students(ours(['400 pseudo batches instead of 80,000']))).published
    expect(other?.verdicts).toEqual({ accuracy: null, asr: null })
    expect(other?.otherSettings).toEqual(['400 pseudo batches instead of 80,000'])
    expect(cellOf(students([pivotRun({ data: 'signs', otherSettings: [] })])).published).toBeNull()
  })
})

it('the time of a table grows with its runs, not with their square', () => {
  const quickest = (count: number, rows: number): number => {
    const runs = Array.from({ length: count }, (_, index) =>
      pivotRun({
        seed: index % 5,
        attack: `attack-${Math.floor(index / 5) % 20}`,
        defense: ['none', 'sv', 'sr', 'sv+sr'][Math.floor(index / 100) % 4],
        method: `method-${Math.floor(index / 400)}`,
        axes: { lr: String(index % 5) },
      }),
    )
    const times = Array.from({ length: 12 }, () => {
      const begin = performance.now()
      const pivot = pivotOf(pivotModels(runs), { rows: ['attack', 'method'], columns: ['model', 'defenses'] })
      expect(pivot.rows).toHaveLength(rows)
      return performance.now() - begin
    })
    // The quickest of twelve: other work on the machine is not what is measured.
    return Math.min(...times)
  }
  const [few, many] = [quickest(250, 40), quickest(2000, 120)]
  process.stdout.write(`2,000 runs, 4,000 models: ${many.toFixed(0)} ms; 250 runs: ${few.toFixed(0)} ms\n`)
  // Eight times as many: 8 where it grows with them, 64 with their square.
  expect(many / few).toBeLessThan(16)
})
