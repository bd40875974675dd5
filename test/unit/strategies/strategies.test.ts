import { describe, expect, it } from 'vitest'
import { strategies, type SearchSpace, type Trial } from '../../../src/main/engine/families/strategies'
import { rungsOf } from '../../../src/main/engine/families/strategies/asha'
import { normalCdf, parzen } from '../../../src/main/engine/families/strategies/parzen'
import { shareOf, valueAt } from '../../../src/main/engine/families/strategies/points'

const open = (id: string, params: Record<string, unknown> = {}) => {
  const { member, values } = strategies.open({ id, params }, 'strategy')
  return (space: SearchSpace, history: readonly Trial[], count: number) => member.next(values, space, history, count)
}
const range = (low: number, high: number, more: object = {}) =>
  ({ path: 'x', kind: 'range', low, high, logarithmic: false, integer: false, ...more }) as const
const listedAxis = (count: number) => ({ path: 'y', kind: 'listed', count }) as const
const spaceOf = (...axes: SearchSpace['axes']): SearchSpace => ({ axes, length: 900, excluded: () => false })
const done = (number: number, point: readonly number[], value: number | null): Trial => ({
  number,
  point,
  value,
  state: value === null ? 'failed' : 'done',
  rungs: [],
})

/** Branin's function; its least value is 0.397887. */
const branin = ([x = 0, y = 0]: readonly number[]): number =>
  (y - (5.1 / (4 * Math.PI ** 2)) * x ** 2 + (5 / Math.PI) * x - 6) ** 2 +
  10 * (1 - 1 / (8 * Math.PI)) * Math.cos(x) +
  10
const braninSpace = spaceOf(range(-5, 10), range(0, 15))

/** The least value found by so many trials, four at a time. */
function search(id: string, seed: number, trials = 60): number {
  const next = open(id, { trials, seed })
  const history: Trial[] = []
  while (history.length < trials) {
    const wishes = next(braninSpace, history, 4)
    for (const wish of wishes)
      if (wish.kind === 'new') history.push(done(history.length, wish.point, -branin(wish.point)))
  }
  return Math.min(...history.map(({ value }) => -(value ?? -Infinity)))
}
const median = (values: number[]): number => values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN

describe('random draws', () => {
  it('are even, also in the logarithm, and within their range', () => {
    const points = open('random', { trials: 2000 })(
      spaceOf(range(0, 10), range(1e-4, 1, { logarithmic: true }), range(1, 4, { integer: true }), listedAxis(3)),
      [],
      2000,
    ).flatMap((wish) => (wish.kind === 'new' ? [wish.point] : []))
    const share = (test: (point: readonly number[]) => boolean) => points.filter(test).length / points.length
    expect(points).toHaveLength(2000)
    expect(share(([x = 0]) => x < 5)).toBeCloseTo(0.5, 1)
    expect(share(([, x = 0]) => x < 1e-2)).toBeCloseTo(0.5, 1)
    for (const value of [1, 2, 3, 4]) expect(share(([, , x]) => x === value)).toBeCloseTo(0.25, 1)
    expect(share(([, , , x]) => x === 2)).toBeCloseTo(1 / 3, 1)
  })
  it('are the same for a trial whatever was drawn before, and others for another seed', () => {
    const all = open('random')(braninSpace, [], 4)
    const [second] = open('random')(braninSpace, [done(0, [1, 1], 0)], 1)
    expect(second).toEqual(all[1])
    expect(open('random', { seed: 1 })(braninSpace, [], 4)).not.toEqual(all)
  })
  it('take every listed combination once, but for the excluded, and then end', () => {
    const space = { ...spaceOf(listedAxis(4), listedAxis(3)), excluded: ([a]: readonly number[]) => a === 0 }
    const wishes = open('random', { trials: 100 })(space, [], 100)
    expect(wishes).toHaveLength(9)
    expect(new Set(wishes.map((wish) => JSON.stringify(wish))).size).toBe(9)
  })
  it('stop at the number of trials', () => {
    const next = open('random', { trials: 3 })
    expect(next(braninSpace, [], 10)).toHaveLength(3)
    expect(next(braninSpace, [done(0, [0, 0], 1), done(1, [1, 1], 1), done(2, [2, 2], 1)], 4)).toEqual([])
  })
})

describe('TPE', () => {
  it('finds lower values of Branin than random draws, at the median of 41 seeds', () => {
    const seeds = Array.from({ length: 41 }, (_, seed) => seed)
    const [random, tpe] = ['random', 'tpe'].map((id) => median(seeds.map((seed) => search(id, seed))))
    process.stdout.write(`Branin, 60 evaluations: random ${random?.toFixed(2)}, TPE ${tpe?.toFixed(2)}\n`)
    expect(tpe).toBeLessThan(random ?? 0)
    expect(tpe).toBeLessThan(0.8)
  })
  it('asks the same for the same history', () => {
    const history = Array.from({ length: 12 }, (_, index) => done(index, [index / 2, index], -index))
    expect(open('tpe')(braninSpace, history, 3)).toEqual(open('tpe')(braninSpace, history, 3))
  })
  it('prefers listed values that were good, and leaves places that others try', () => {
    const space = spaceOf(listedAxis(4), range(0, 1))
    const history = Array.from({ length: 40 }, (_, index) =>
      done(index, [index % 4, ((index * 7) % 40) / 40], index % 4 === 2 ? 1 : 0),
    )
    const wishes = open('tpe', { trials: 200 })(space, history, 8)
    const twos = wishes.filter((wish) => wish.kind === 'new' && wish.point[0] === 2)
    expect(twos.length).toBeGreaterThan(4)
    // Eight at once, and all different.
    expect(new Set(wishes.map((wish) => JSON.stringify(wish))).size).toBe(8)
  })
  it('counts a failed trial as the worst', () => {
    const history = Array.from({ length: 30 }, (_, index) => done(index, [index % 2], index % 2 === 0 ? null : 0.1))
    const wishes = open('tpe', { trials: 99 })({ ...spaceOf(listedAxis(2)), axes: [listedAxis(2)] }, history, 1)
    // Both were tried: nothing is left of a table of two.
    expect(wishes).toEqual([])
    expect(normalCdf(1.959964)).toBeCloseTo(0.975, 6)
    const density = parzen([0.2, 0.21, 0.9])
    const steps = Array.from({ length: 1000 }, (_, index) => Math.exp(density.logDensity((index + 0.5) / 1000)))
    expect(steps.reduce((sum, height) => sum + height, 0) / 1000).toBeCloseTo(1, 3)
  })
})

describe('successive halving', () => {
  const space = spaceOf(range(0, 1))
  const params = { first: 100, factor: 3, trials: 9 }
  const next = open('asha', params)
  const resting = (number: number, rungs: [step: number, value: number][]): Trial => ({
    number,
    point: [number / 10],
    state: 'resting',
    value: rungs.at(-1)?.[1] ?? null,
    rungs: rungs.map(([step, value]) => ({ step, value })),
  })

  it('has rungs by its factor, below the length of a run', () => {
    expect(rungsOf({ first: 100, factor: 3, length: 900 })).toEqual([100, 300])
    expect(rungsOf({ first: 100, factor: 3, length: 901 })).toEqual([100, 300, 900])
  })
  it('begins runs that rest at the first rung', () => {
    expect(next(space, [], 2)).toMatchObject([
      { kind: 'new', until: 100 },
      { kind: 'new', until: 100 },
    ])
  })
  it('lets the best third go on, each once, and the others rest', () => {
    const history = [resting(0, [[100, 0.1]]), resting(1, [[100, 0.5]]), resting(2, [[100, 0.3]])]
    expect(next(space, history, 1)).toEqual([{ kind: 'goOn', trial: 1, until: 300 }])
    const promoted = { ...resting(1, [[100, 0.5]]), state: 'running' as const }
    expect(next(space, [history[0]!, promoted, history[2]!], 1)).toMatchObject([{ kind: 'new' }])
  })
  it('lets the best of the last rung go on to the end, before lower rungs', () => {
    const high = [0.7, 0.9, 0.8].map((value, number) =>
      resting(number, [
        [100, value],
        [300, value],
      ]),
    )
    const low = [0.1, 0.2, 0.3, 0.95, 0, 0].map((value, index) => resting(index + 3, [[100, value]]))
    expect(next(space, [...high, ...low], 2)).toEqual([
      { kind: 'goOn', trial: 1 },
      { kind: 'goOn', trial: 6, until: 300 },
    ])
  })
  it('ends a whole search after few steps, with a good run finished', () => {
    const trials = 27
    const step = open('asha', { ...params, trials })
    const history: Trial[] = []
    let steps = 0
    for (let round = 0; round < 200; round++) {
      const [wish] = step(space, history, 1)
      if (!wish) break
      const number = wish.kind === 'new' ? history.length : wish.trial
      const before = history[number]
      const point = wish.kind === 'new' ? wish.point : (before?.point ?? [])
      const value = point[0] ?? 0
      steps += (wish.until ?? space.length) - (before?.rungs.at(-1)?.step ?? 0)
      history[number] =
        wish.until === undefined
          ? { ...before!, state: 'done', value }
          : { number, point, value, state: 'resting', rungs: [...(before?.rungs ?? []), { step: wish.until, value }] }
    }
    const finished = history.filter(({ state }) => state === 'done')
    const best = Math.max(...history.map(({ point }) => point[0] ?? 0))
    process.stdout.write(`ASHA: ${steps} of ${trials * space.length} pseudo batches, ${finished.length} finished\n`)
    expect(history).toHaveLength(trials)
    expect(finished.map(({ point }) => point[0])).toContain(best)
    expect(steps).toBeLessThan(0.45 * trials * space.length)
  })
  it('refuses a first rung beyond the run', () => {
    const { member, values } = strategies.open({ id: 'asha', params: { first: 900 } }, 'strategy')
    expect(member.checks?.(values, space)).toMatchObject([{ parameter: 'first', severity: 'error' }])
  })
})

it('a value lies where its share says, and back', () => {
  for (const axis of [range(-5, 10), range(1e-4, 10, { logarithmic: true })])
    for (const share of [0, 0.3, 1]) expect(shareOf(axis, valueAt(axis, share))).toBeCloseTo(share, 9)
  expect(valueAt(range(1, 3, { integer: true }), 0.999)).toBe(3)
  expect(valueAt(listedAxis(3), 1)).toBe(2)
})
