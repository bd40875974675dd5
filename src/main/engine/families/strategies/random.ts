import { searchParameters } from './metric'
import { drawPoint, pointKey, triedPoints } from './points'
import { defineStrategy, type Suggestion } from './types'

/** Even draws from ranges and lists. */
export const random = defineStrategy({
  id: 'random',
  title: 'Random draws',
  summary: 'Tries combinations that are drawn evenly from ranges (or evenly in the logarithm) and from lists.',
  reference: {
    citation: 'Bergstra & Bengio 2012, Random Search for Hyper-Parameter Optimization',
    link: 'https://jmlr.org/papers/v13/bergstra12a.html',
  },
  params: searchParameters,
  search: ({ metric, trials, atOnce }) => ({ metric, trials, atOnce }),
  next({ trials, seed }, space, history, count) {
    const tried = triedPoints(history)
    const suggestions: Suggestion[] = []
    for (let number = history.length; number < Math.min(trials, history.length + count); number++) {
      const point = drawPoint(space, { seed, number, tried })
      if (!point) break
      tried.add(pointKey(point))
      suggestions.push({ kind: 'new', point })
    }
    return suggestions
  },
})
