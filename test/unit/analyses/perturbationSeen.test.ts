import { describe, expect, it } from 'vitest'
import type { AskedStudent, OpenNetwork, RedrawnQuestion } from '../../../src/main/engine/families/analyses/askedTypes'
import { perturbationSeen, placesOf } from '../../../src/main/engine/families/analyses/perturbationSeen'
import { sentOf } from '../../../src/main/engine/families/analyses/perturbationSeen/answers'
import {
  correlationsByRound,
  correlationWith,
  shuffledPixels,
} from '../../../src/main/engine/families/analyses/perturbationSeen/perturbation'
import { triggerOf } from '../../../src/main/engine/families/attacks/trigger'
import { createStream } from '../../../src/main/engine/maths/random'
import { panelsArtifact } from '../../../src/shared/domain'

const shape = { height: 4, width: 4, channels: 1 } as const
const size = 16
const template = {
  places: Int32Array.from({ length: 4 }, (_, index) => index),
  values: Float64Array.from([1, 2, 3, 5]),
  kind: 'replaces',
} as const

describe('the correlation with the trigger', () => {
  it('is Pearson’s over the places of the pattern alone', () => {
    const perturbation = new Float32Array(size).fill(9)
    perturbation.set([2, 1, 4, 3])
    // NumPy: corrcoef([2, 1, 4, 3], [1, 2, 3, 5])[0, 1]
    expect(correlationWith(perturbation, template)).toBeCloseTo(0.5291502622, 8)
    expect(correlationWith(new Float32Array(size), template)).toBe(0)
  })
  it('stands beside that with the pattern at other places', () => {
    const perturbation = new Float32Array(size)
    perturbation.set([0.1, 0.2, 0.3, 0.5])
    const [round] = correlationsByRound([perturbation], template, {
      moves: [
        [1, 0],
        [2, 1],
        [3, 2],
      ],
      shape,
    })
    expect(round?.trigger).toBeCloseTo(1, 6)
    expect(round?.moved).toBeLessThan(0.7)
    expect(round?.p).toBe(0.25)
  })
})

it('the control has the same pixels at other places', () => {
  const perturbation = Float32Array.from({ length: 48 }, (_, place) => place)
  const shuffled = shuffledPixels(perturbation, { height: 4, width: 4, channels: 3 }, createStream(1, 'control'))
  expect([...shuffled].sort((left, right) => left - right)).toEqual([...perturbation])
  expect(shuffled).not.toEqual(perturbation)
  expect((shuffled[1] ?? NaN) - (shuffled[0] ?? NaN)).toBe(1)
})

describe('where a perturbation sends images', () => {
  it('counts changes over all, and the target over images of other classes', () => {
    const rows = [
      { truth: 0, plain: 0, perturbed: 0 },
      { truth: 1, plain: 1, perturbed: 0 },
      { truth: 1, plain: 0, perturbed: 0 },
      { truth: 2, plain: 2, perturbed: 1 },
      { truth: 2, plain: 2, perturbed: 0 },
    ]
    expect(sentOf(rows, 0)).toEqual({
      images: 5,
      changed: 0.6,
      toTargetBefore: 0.25,
      toTarget: 0.75,
      destination: { label: 0, share: 0.4 },
    })
  })
  it('has no share of the target where all images are of it, and no destination where nothing changes', () =>
    expect(sentOf([{ truth: 0, plain: 0, perturbed: 0 }], 0)).toMatchObject({ toTarget: null, destination: null }))
})

/** Class 1 where the first pixel, perturbed or not, is bright. */
const network = {
  title: 'fake',
  classes: 2,
  logits: ({ count, pixels }) =>
    Float32Array.from({ length: 2 * count }, (_, at) => (at % 2) * ((pixels[(at >> 1) * size] ?? 0) / 255 - 0.5)),
  perturbed: ({ count, pixels }, { perturbation }) => ({
    loss: 0,
    gradient: new Float32Array(size),
    logits: Float32Array.from(
      { length: 2 * count },
      (_, at) => (at % 2) * ((pixels[(at >> 1) * size] ?? 0) / 255 + (perturbation[0] ?? 0) - 0.5),
    ),
  }),
} as Pick<OpenNetwork, 'title' | 'classes' | 'logits' | 'perturbed'> as OpenNetwork

const student = (stageId: string, keptSteps: readonly number[]): AskedStudent => ({
  stageId,
  title: stageId,
  network,
  keptSteps,
  networkAt: () => Promise.resolve(network),
  kept: { steps: [], read: () => Promise.reject(new Error('none')) },
  recorded: { accuracy: { steps: [], values: [] }, asr: { steps: [], values: [] } },
})

const saidPlace = (place: ReturnType<typeof placesOf>[number]) => [place.student.stageId, place.step]

it('looks at the twin first, then at kept checkpoints evenly, then at the student as it is', () => {
  const [twin, defended] = [student('twin', [5]), student('defended', [10, 20, 30, 40, 50])]
  const told = placesOf([twin, defended], defended, { most: 3, step: null }).map(saidPlace)
  expect(told).toEqual([
    ['twin', null],
    ['defended', 10],
    ['defended', 30],
    ['defended', 50],
    ['defended', null],
  ])
})

it('looks at no checkpoint that is the student itself, and at none behind the step that was asked for', () => {
  const kept = student('defended', [10, 20, 30, 40, 50])
  const ended = { ...kept, recorded: { ...kept.recorded, accuracy: { steps: [25, 50], values: [0.5, 0.9] } } }
  const stepsOf = (step: number | null) => placesOf([ended], ended, { most: 9, step }).map((place) => place.step)
  expect(stepsOf(null)).toEqual([10, 20, 30, 40, null])
  expect(stepsOf(30)).toEqual([10, 20, null])
})

describe('the analysis', () => {
  const clean = {
    ...shape,
    count: 4,
    pixels: new Uint8Array(4 * size).fill(100),
    labels: Int32Array.from([0, 0, 0, 1]),
  }
  const values = { images: 'clean', imageLimit: 4, testLimit: 10, stationLimit: 4, seed: 0 }
  const context = (
    against: 'teacher' | 'student' | null,
    redraw: (question: RedrawnQuestion) => Promise<Float32Array[]>,
  ) =>
    ({
      students: [student('twin', []), student('defended', [7])],
      perturbations: {
        searchOf: (id: string) =>
          id === 'defended' && against ? { defense: 'Defense', against, phase: { start: 7, total: 9 } } : null,
        redraw,
      },
      testImages: () => ({ clean, triggered: null }),
      trigger: {
        id: 'patch',
        title: 'Patch',
        trigger: triggerOf((bytes) =>
          Float64Array.from(bytes, (value, place) => (place % size < 4 ? 50 * (place % size) : value)),
        ),
      },
      target: 1,
      classNames: ['stop', 'go'],
      progress: () => Promise.resolve(),
      warn: () => undefined,
      step: null,
    }) as unknown as Parameters<typeof perturbationSeen.measure>[1]
  const bright = Float32Array.from({ length: size }, (_, place) => (place === 0 ? 1 : 0))

  it('draws one perturbation against the teacher, and says where each student sends images with it', async () => {
    let draws = 0
    const found = await perturbationSeen.measure(
      values,
      context('teacher', () => {
        draws++
        return Promise.resolve([new Float32Array(size), bright])
      }),
    )
    const { panels } = panelsArtifact.parse(JSON.parse(JSON.stringify(found)))
    expect(draws).toBe(1)
    expect(panels.map(({ kind }) => kind)).toEqual(['images', 'table', 'table', 'curves', 'curves'])
    expect(panels[0]?.definition).toContain('It acts from pseudo batch 7 to 9.')
    expect(panels[0]?.definition).toContain('The last picture is the true trigger')
    const table = panels[1]?.kind === 'table' ? panels[1].content.rows : []
    expect(table.map(([model]) => model)).toEqual(['twin', 'defended, step 7', 'defended'])
    expect(table[0]?.slice(1, 7)).toEqual([1, expect.any(Number), 0, 1, expect.any(Number), 'go (100 %)'])
    expect(perturbationSeen.line?.(found)).toBe(
      'sent to the target: twin 100.0 %, defended, step 7 100.0 %, defended 100.0 %',
    )
  })
  it('draws one for each student where it is against the student', async () => {
    let draws = 0
    await perturbationSeen.measure(
      values,
      context('student', () => {
        draws++
        return Promise.resolve([bright])
      }),
    )
    expect(draws).toBe(3)
  })
  it('draws it against the student as it was at the step that was asked for', async () => {
    const drawnAt: unknown[] = []
    const asked = context('student', (question) => {
      drawnAt.push(question.at)
      return Promise.resolve([bright])
    })
    const { panels } = panelsArtifact.parse(await perturbationSeen.measure(values, { ...asked, step: 7 }))
    expect(drawnAt).toEqual([
      { stageId: 'twin', step: 7 },
      { stageId: 'defended', step: 7 },
    ])
    const table = panels[1]?.kind === 'table' ? panels[1].content.rows : []
    expect(table.map(([model]) => model)).toEqual(['twin, step 7', 'defended, step 7'])
  })
  it('speaks of no trigger where none is shown', async () => {
    const untriggered = { ...context('student', () => Promise.resolve([bright])), trigger: null }
    const { panels } = panelsArtifact.parse(await perturbationSeen.measure(values, untriggered))
    expect(panels[0]?.definition).not.toContain('trigger')
  })
  it('refuses students whose defenses look for none', async () =>
    expect(
      perturbationSeen.measure(
        values,
        context(null, () => Promise.resolve([])),
      ),
    ).rejects.toThrow('No defense of these students looks for a universal perturbation'))
})
