import { describe, expect, it } from 'vitest'
import { logProbabilities } from '../../../src/main/engine/families/analyses/answers'
import type { OpenNetwork } from '../../../src/main/engine/families/analyses/askedTypes'
import { triage } from '../../../src/main/engine/families/analyses/triage'
import { ranked, scoreOf } from '../../../src/main/engine/families/analyses/triage/evidence'
import { noise } from '../../../src/main/engine/families/analyses/triage/images'
import { rankingTitle } from '../../../src/main/engine/families/analyses/triage/panels'
import {
  easeOf,
  normAtGoal,
  radii,
  searchUniversal,
  stepped,
} from '../../../src/main/engine/families/analyses/triage/universal'
import { normOf } from '../../../src/main/engine/families/analyses/vectors'
import { createStream } from '../../../src/main/engine/maths/random'
import { panelsArtifact } from '../../../src/shared/domain'

const image = { height: 4, width: 4, channels: 3 } as const
const size = 48
const classes = 5
const trojan = 3
const everything = 0

/** Logits W x + b of intensities: one class has all images, another a direction of its own that outweighs that. */
const rows = Array.from({ length: classes }, (_, label) => {
  const row = createStream(label, 'rows').normal(size)
  return label === trojan ? row.map((value, place) => value + (place < 6 ? 40 : 0)) : row
})
const logitsOf = (x: ArrayLike<number>): number[] =>
  rows.map((row, label) =>
    row.reduce((sum, value, place) => sum + value * ((x[place] ?? 0) - 0.5), label === everything ? 25 : 0),
  )

const linear = {
  title: 'linear',
  classes,
  image,
  logits: ({ count, pixels }) =>
    Float32Array.from(
      Array.from({ length: count }, (_, row) => row).flatMap((row) =>
        logitsOf(Float32Array.from(pixels.subarray(row * size, (row + 1) * size), (value) => value / 255)),
      ),
    ),
  perturbed({ count, pixels }, { perturbation, weights }) {
    const gradient = new Float32Array(size)
    let loss = 0
    const logits = Array.from({ length: count }, (_, row) => {
      const x = Array.from({ length: size }, (_value, place) => {
        const sum = (pixels[row * size + place] ?? 0) / 255 + (perturbation[place] ?? 0)
        return Math.max(0, Math.min(1, sum))
      })
      const own = logitsOf(x)
      const chances = logProbabilities(own)
      for (let label = 0; label < classes; label++) {
        const weight = weights[row * classes + label] ?? 0
        loss -= weight * (chances[label] ?? 0)
        for (let place = 0; place < size && weight !== 0; place++) {
          const mean = rows.reduce((sum, each, other) => sum + Math.exp(chances[other] ?? 0) * (each[place] ?? 0), 0)
          gradient[place] = (gradient[place] ?? 0) - weight * ((rows[label]?.[place] ?? 0) - mean)
        }
      }
      return own
    })
    return { loss, gradient, logits: Float32Array.from(logits.flat()) }
  },
  inversion: ({ images }) => ({ crossEntropy: 1, statistics: null, gradient: new Float32Array(images.length) }),
} as Pick<OpenNetwork, 'title' | 'classes' | 'image' | 'logits' | 'perturbed' | 'inversion'> as OpenNetwork

const images = noise('uniform', 60, image, 1)
const labels = Array.from({ length: 60 }, () => everything)

describe('the universal perturbation', () => {
  const search = { images, labels, most: 40, rounds: 4 }
  it('of a class with a direction of its own is smaller than of the others', () => {
    const easeOfClass = (label: number): number => searchUniversal(linear, label, search)?.ease ?? NaN
    expect(easeOfClass(trojan)).toBeGreaterThan(Math.max(...[1, 2, 4].map(easeOfClass)) + 0.1)
  })
  it('stays in the ball, and goes down the gradient', () => {
    const up = Float32Array.from([3, 4])
    expect(normOf(stepped(new Float32Array(2), up, 1))).toBeCloseTo(0.6, 6)
    const moved = stepped(Float32Array.from([-0.6, -0.8]), up, 1)
    expect(normOf(moved)).toBeCloseTo(1, 6)
    expect(moved[0]).toBeCloseTo(-0.6, 6)
    expect(stepped(up, new Float32Array(2), 1)).toBe(up)
  })
  it('is not searched for where nearly all images have the class', () =>
    expect(searchUniversal(linear, everything, search)).toBeNull())
})

it('the norm at the goal lies between two norms, in their logarithm, and nowhere if it is never reached', () => {
  expect(normAtGoal([0, 0.9])).toBeCloseTo(radii[1] ?? NaN, 9)
  expect(normAtGoal([0.8, 1])).toBeCloseTo((radii[1] ?? NaN) * Math.SQRT1_2 ** 0.5, 9)
  expect(normAtGoal([0.1, 0.2, 0.89])).toBeNull()
  expect(easeOf([0, 0.5, 1])).toBeCloseTo((0.5 + 1 + 5) / 8, 9)
})

describe('the ranking', () => {
  const evidence = [0.2, null, 0.7, 0.3].map((ease, label) => ({ label, ease }))
  it('is by the lead over the easiest other class; what could not be searched for comes last', () => {
    const found = ranked(evidence)
    expect(found.map(({ label }) => label)).toEqual([2, 3, 0, 1])
    expect(found[0]?.lead).toBeCloseTo(0.4, 9)
    expect(found[1]?.lead).toBeCloseTo(-0.4, 9)
    expect(found[3]).toMatchObject({ lead: null, score: null })
  })
  it('has a score that grows with the lead', () => {
    expect(scoreOf(-1)).toBeLessThan(0.01)
    expect(scoreOf(0.5)).toBeGreaterThan(scoreOf(0.1))
    expect(scoreOf(0.5)).toBeLessThanOrEqual(1)
  })
})

it('the triage of a teacher ranks the class with a direction of its own first, and says which images it used', async () => {
  const told: string[] = []
  const artifact = panelsArtifact.parse(
    JSON.parse(
      JSON.stringify(
        await triage.measure(
          { ...Object.fromEntries(Object.entries(triage.params).map(([name, field]) => [name, field.default])) },
          {
            teacher: linear,
            students: [],
            shuffledTeachers: null,
            classNames: ['a', 'b', 'c', 'd', 'e'],
            target: 0,
            warn: (message: string) => told.push(message),
            progress: () => Promise.resolve(),
          } as unknown as Parameters<typeof triage.measure>[1],
        ),
      ),
    ),
  )
  const [table] = artifact.panels
  expect(told[0]).toContain('have the class a already')
  expect(table?.title).toBe(rankingTitle)
  expect(table?.definition).toContain('made by inverting the teacher in 60 rounds')
  expect(table?.kind === 'table' ? table.content.rows[0]?.[0] : null).toBe('d')
  expect(triage.line?.(artifact)).toMatch(/^suspected: d \d+ %, then /)
  const unranked = artifact.panels.map((panel) =>
    panel?.kind === 'table'
      ? { ...panel, content: { ...panel.content, rows: panel.content.rows.map(([name]) => [name ?? null, null]) } }
      : panel,
  )
  expect(triage.line?.({ panels: unranked })).toContain('too few classes could be searched for')
  expect(artifact.panels.map(({ kind }) => kind)).toEqual(['table', 'curves', 'images', 'images'])
})
