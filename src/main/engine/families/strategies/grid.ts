import { defineStrategy } from './types'

/** Every combination of the listed values, made when the study starts. */
export const grid = defineStrategy({
  id: 'grid',
  title: 'Every combination',
  summary: 'Runs every cell of the table.',
  reference: { citation: 'Exhaustive search' },
  params: {},
  checks: (_values, { axes }) =>
    axes
      .filter(({ kind }) => kind === 'range')
      .map(({ path }) => ({ severity: 'error', message: `wants listed values, got a range for ${path}` })),
  next: () => [],
})
