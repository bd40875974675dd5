import { describe, expect, it } from 'vitest'
import {
  collapsedGenerator,
  countsInMeans,
  divergedAt,
  findingsOf,
  stalledAt,
  type Evaluation,
  type HealthKind,
  type StageRecord,
} from '../../../src/shared/domain'

type Judged = Parameters<typeof findingsOf>[0]

const evaluation = (change: Partial<Evaluation> = {}): Evaluation => ({
  accuracy: 0.72,
  asr: 0.95,
  asrAll: 0.95,
  robustAccuracy: 0.04,
  images: 10_000,
  nonTarget: 9000,
  classes: 10,
  largestClass: 0.1,
  topAnswer: { label: 3, share: 0.12 },
  cleanTargetRate: 0.011,
  ...change,
})
const student = (change: Partial<Judged> = {}): Judged => ({
  kind: 'student',
  state: 'done',
  step: 400,
  totalSteps: 400,
  evaluation: evaluation(),
  ...change,
})
const teacher = (change: Partial<Judged> = {}): Judged => student({ kind: 'teacher', ...change })
const kinds = (stage: Judged, poisonRatio: number | null = 0.1): HealthKind[] =>
  findingsOf(stage, { poisonRatio }).map(({ kind }) => kind)

const dead = evaluation({ accuracy: 0.1, asr: 0, topAnswer: { label: 3, share: 0.961 } })

describe('a dead student', () => {
  it.each<[string, Partial<Judged>, HealthKind[]]>([
    ['10 % on 10 classes', { evaluation: dead }, ['deadStudent']],
    [
      '10.4 %, which its interval cannot tell from 10 %',
      { evaluation: evaluation({ accuracy: 0.104 }) },
      ['deadStudent'],
    ],
    ['11 %, which 10,000 images tell from 10 %', { evaluation: evaluation({ accuracy: 0.11 }) }, []],
    ['12 % of 100 images', { evaluation: evaluation({ accuracy: 0.12, images: 100 }) }, ['deadStudent']],
    ['a good one', {}, []],
    ['not evaluated', { evaluation: null }, []],
    ['early in its training', { state: 'running', step: 99, evaluation: { ...dead, step: 99 } }, []],
    ['evaluated early, though later now', { state: 'running', step: 150, evaluation: { ...dead, step: 50 } }, []],
    ['a quarter through', { state: 'running', step: 100, evaluation: { ...dead, step: 100 } }, ['deadStudent']],
    [
      'of an earlier version',
      { evaluation: { ...evaluation({ accuracy: 0.1 }), largestClass: undefined } as Evaluation },
      ['deadStudent'],
    ],
    [
      'with classes of different size',
      { evaluation: evaluation({ accuracy: 0.05, classes: 43, largestClass: 0.0594 }) },
      ['deadStudent'],
    ],
    [
      'above the share of the largest class',
      { evaluation: evaluation({ accuracy: 0.08, classes: 43, largestClass: 0.0594 }) },
      [],
    ],
  ])('%s', (_what, change, expected) => expect(kinds(student(change))).toEqual(expected))

  it('says its numbers, the rule and the step', () => {
    const [finding] = findingsOf(student({ evaluation: { ...dead, step: 400 } }), { poisonRatio: 0.1 })
    expect(finding).toEqual({
      kind: 'deadStudent',
      severity: 'error',
      reason:
        'Accuracy 10.0 % [9.4, 10.6] of 10,000 images is not above the 10.0 % that always answering one class of 10 gives; 96.1 % of the images get class 3.',
      place: 'charts',
      step: 400,
    })
  })
})

describe('a teacher', () => {
  it.each<[string, Partial<Judged>, number | null, HealthKind[]]>([
    ['a poisoned one', {}, 0.1, []],
    [
      'one class for 90 %',
      { evaluation: evaluation({ accuracy: 0.11, topAnswer: { label: 0, share: 0.9 } }) },
      0,
      ['collapsedTeacher'],
    ],
    ['one class for 89.9 %', { evaluation: evaluation({ topAnswer: { label: 0, share: 0.899 } }) }, 0, []],
    [
      'of data that are one class',
      { evaluation: evaluation({ topAnswer: { label: 0, share: 0.95 }, largestClass: 0.95 }) },
      0,
      [],
    ],
    [
      'an imported one that has collapsed',
      { evaluation: evaluation({ topAnswer: { label: 0, share: 1 } }) },
      null,
      ['collapsedTeacher'],
    ],
    ['an ASR as of clean images', { evaluation: evaluation({ asr: 0.012 }) }, 0.1, ['teacherNotPoisoned']],
    ['an ASR under guessing', { evaluation: evaluation({ asr: 0.05 }) }, 0.1, ['teacherNotPoisoned']],
    [
      'an ASR above guessing, not above its clean rate',
      { evaluation: evaluation({ asr: 0.3, cleanTargetRate: 0.3 }) },
      0.1,
      ['teacherNotPoisoned'],
    ],
    ['a weak ASR above both', { evaluation: evaluation({ asr: 0.15 }) }, 0.1, []],
    ['a clean one', { evaluation: evaluation({ asr: 0.012 }) }, 0, []],
    ['a file of which nobody knows', { evaluation: evaluation({ asr: 0.012 }) }, null, []],
    ['ASR not measured', { evaluation: evaluation({ asr: null, nonTarget: 0 }) }, 0.1, []],
    ['ASR comes late', { state: 'running', step: 300, evaluation: evaluation({ asr: 0.012, step: 300 }) }, 0.1, []],
  ])('%s', (_what, change, poisonRatio, expected) => expect(kinds(teacher(change), poisonRatio)).toEqual(expected))

  it('of a student nothing is asked about its poison', () => {
    expect(kinds(student({ evaluation: evaluation({ asr: 0.001 }) }))).toEqual([])
  })
})

describe('a model that was not trained to its end', () => {
  it.each<[StageRecord['state'], number, HealthKind[]]>([
    ['stopped', 40, ['stoppedEarly']],
    ['interrupted', 40, ['stoppedEarly']],
    ['stopped', 400, []],
    ['paused', 40, []],
    ['failed', 40, []],
  ])('%s at step %d of 400', (state, step, expected) => {
    expect(kinds(student({ state, step }))).toEqual(expected)
  })
  it('names the step', () => {
    expect(
      findingsOf(student({ state: 'stopped', step: 40, totalSteps: 80_000 }), { poisonRatio: 0 })[0],
    ).toMatchObject({
      reason: expect.stringContaining('stopped at step 40 of 80,000') as string,
      step: 40,
    })
  })
})

describe('numbers that are not finite', () => {
  it('come from the training’s metrics', () => {
    expect(divergedAt([{ name: 'loss', step: 6, value: 1 }])).toBeNull()
    expect(divergedAt([{ name: 'loss', step: 7, value: NaN }])).toMatchObject({
      kind: 'notFinite',
      step: 7,
      place: 'charts',
    })
    expect(divergedAt([{ name: 'studentLoss', step: 7, value: Infinity }])?.reason).toContain(
      'studentLoss is infinite at step 7',
    )
  })
  it('or from the logits of the test images, of which no other finding is made', () => {
    const { topAnswer: _none, ...without } = evaluation({ accuracy: 0, notFinite: 10_000 })
    expect(kinds(student({ evaluation: without }))).toEqual(['notFinite'])
  })
})

describe('a generator', () => {
  const images = (change: object) => ({ step: 200, count: 64, height: 32, width: 32, channels: 3 as const, ...change })
  const classes = (others: number): number[] =>
    Array.from({ length: 64 }, (_, index) => (index < others ? index % 10 : 5))
  it.each<[string, object, number | null, string | null]>([
    ['one class', { teacherClass: classes(0) }, 400, 'class 5 in 64 of 64'],
    ['one class but three', { teacherClass: [...classes(0).slice(3), 1, 2, 3] }, 400, 'class 5 in 61 of 64'],
    ['several classes', { teacherClass: classes(30) }, 400, null],
    ['plain images', { variation: { within: 0.01, between: 0.2 } }, 400, 'nearly plain'],
    ['one image again and again', { variation: { within: 0.2, between: 0.01 } }, 400, 'nearly one image'],
    ['images as they should be', { variation: { within: 0.2, between: 0.2 }, teacherClass: classes(50) }, 400, null],
    ['early in the training', { step: 99, teacherClass: classes(0) }, 400, null],
    ['too few images', { count: 8, teacherClass: [1, 1, 1, 1, 1, 1, 1, 1] }, 400, null],
    ['how long it will train is not known', { teacherClass: classes(0) }, null, null],
  ])('%s', (_what, change, totalSteps, reason) => {
    const finding = collapsedGenerator(images(change), totalSteps)
    if (reason === null) expect(finding).toBeNull()
    else
      expect(finding).toMatchObject({
        kind: 'collapsedGenerator',
        place: 'images',
        reason: expect.stringContaining(reason) as string,
      })
  })
})

describe('what was observed', () => {
  const stalled = stalledAt(12, 2)
  it('stays with what the record tells, the gravest first', () => {
    const collapsed = collapsedGenerator(
      { step: 400, count: 64, height: 8, width: 8, channels: 3, teacherClass: new Array<number>(64).fill(1) },
      400,
    )
    expect(kinds(student({ evaluation: dead, health: collapsed ? [collapsed] : [] }))).toEqual([
      'deadStudent',
      'collapsedGenerator',
    ])
  })
  it('is stalled only while it runs', () => {
    expect(kinds(student({ state: 'running', step: 12, health: [stalled], evaluation: null }))).toEqual(['stalled'])
    expect(kinds(student({ health: [stalled] }))).toEqual([])
  })
  it('is not doubled by a record that was written with its findings', () => {
    const health = findingsOf(student({ evaluation: dead }), { poisonRatio: 0 })
    expect(kinds(student({ evaluation: dead, health }))).toEqual(['deadStudent'])
  })
})

describe('means', () => {
  it('leave out the dead, collapsed teachers and what is not finite; nothing else', () => {
    const health = (stage: Judged) => ({ health: findingsOf(stage, { poisonRatio: 0.1 }) })
    expect(countsInMeans(health(student()))).toBe(true)
    expect(countsInMeans(health(student({ evaluation: dead })))).toBe(false)
    expect(countsInMeans(health(teacher({ evaluation: evaluation({ asr: 0.01 }) })))).toBe(true)
    expect(countsInMeans(health(teacher({ evaluation: evaluation({ topAnswer: { label: 1, share: 1 } }) })))).toBe(
      false,
    )
  })
})
