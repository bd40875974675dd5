import { createStream } from '../../maths/random'
import { integer } from '../../../../shared/schema'
import { searchParameters } from './metric'
import { categorical, parzen, type Density } from './parzen'
import { drawPoint, pointKey, shareOf, triedPoints, valueAt } from './points'
import { defineStrategy, type Point, type SearchAxis, type SearchSpace, type Suggestion, type Trial } from './types'

const bestShare = 0.1
const bestAtMost = 25
const attempts = 20

/** Better trials first; one without a value (it failed, or runs still) is worse than all others. */
const ranked = (trials: readonly Trial[]): Trial[] =>
  [...trials].sort((left, right) => (right.value ?? -Infinity) - (left.value ?? -Infinity))

function densityOf(axis: SearchAxis, points: readonly Point[], index: number): Density {
  const values = points.map((point) => point[index] ?? 0)
  return axis.kind === 'listed' ? categorical(values, axis.count) : parzen(values.map((value) => shareOf(axis, value)))
}

/** Of some draws from the better points the one that is most likely there, compared with the worse ones. */
function pick(
  { axes }: SearchSpace,
  { better, worse }: { readonly better: readonly Point[]; readonly worse: readonly Point[] },
  { candidates, random }: { readonly candidates: number; readonly random: () => number },
): Point {
  return axes.map((axis, index) => {
    const [good, bad] = [densityOf(axis, better, index), densityOf(axis, worse, index)]
    let best = { at: good.draw(random), score: -Infinity }
    for (let candidate = 0; candidate < candidates; candidate++) {
      const at = good.draw(random)
      const score = good.logDensity(at) - bad.logDensity(at)
      if (score > best.score) best = { at, score }
    }
    return axis.kind === 'listed' ? best.at : valueAt(axis, best.at)
  })
}

/**
 * Tree-structured Parzen estimator, axis by axis: x* = argmax l(x) / g(x) over draws from l, with l the density of the
 * best tenth of the trials (at most 25) and g that of the others.
 * Trials that run count as bad ones (the constant liar), so that several at once do not all go to the same place.
 * Differs from the paper: no weights by age; widths are the distances to the neighbours, at least 1 / min(100, n + 1).
 */
export const tpe = defineStrategy({
  id: 'tpe',
  title: 'TPE',
  summary: 'Draws where earlier trials were good and seldom bad: a tree-structured Parzen estimator.',
  reference: {
    citation: 'Bergstra et al. 2011, Algorithms for Hyper-Parameter Optimization',
    link: 'https://papers.nips.cc/paper/2011/hash/86e8f7ab32cfd12577bc2619bc635690-Abstract.html',
    place: 'section 4',
  },
  params: {
    ...searchParameters,
    startup: integer({
      label: 'Even draws first',
      default: 10,
      min: 1,
      max: 1000,
      help: 'Trials that have ended before the estimator is asked; until then draws are even.',
    }),
    candidates: integer({
      label: 'Candidates',
      default: 24,
      min: 1,
      max: 1000,
      advanced: true,
      help: 'Draws per axis of which the most promising one is taken.',
    }),
  },
  search: ({ metric, trials, atOnce }) => ({ metric, trials, atOnce }),
  next({ trials, seed, startup, candidates }, space, history, count) {
    const tried = triedPoints(history)
    const suggestions: Suggestion[] = []
    const ended = history.filter(({ state }) => state !== 'running')
    const order = ranked(ended)
    const best = Math.min(bestAtMost, Math.ceil(bestShare * order.length))
    const better = order.slice(0, best).map(({ point }) => point)
    const worse = [...order.slice(best), ...history.filter(({ state }) => state === 'running')].map(
      ({ point }) => point,
    )
    for (let number = history.length; number < Math.min(trials, history.length + count); number++) {
      const point =
        ended.length < startup
          ? drawPoint(space, { seed, number, tried })
          : promising(space, { better, worse }, { candidates, seed, number, tried })
      if (!point) break
      tried.add(pointKey(point))
      worse.push(point)
      suggestions.push({ kind: 'new', point })
    }
    return suggestions
  },
})

interface DrawSettings {
  readonly candidates: number
  readonly seed: number
  readonly number: number
  readonly tried: ReadonlySet<string>
}

function promising(
  space: SearchSpace,
  points: { readonly better: readonly Point[]; readonly worse: readonly Point[] },
  { candidates, seed, number, tried }: DrawSettings,
): Point | null {
  const stream = createStream(seed, `strategy/${number}`)
  const random = (): number => stream.uniform(1)[0] ?? 0
  for (let attempt = 0; attempt < attempts; attempt++) {
    const point = pick(space, points, { candidates, random })
    if (!space.excluded(point) && !tried.has(pointKey(point))) return point
  }
  return drawPoint(space, { seed, number, tried })
}
