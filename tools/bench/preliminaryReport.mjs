/** What the short round of all baselines found, as a table: nobody has to believe that the fastest were taken. */
import { figures } from './figures.mjs'

export function preliminarySection({ preliminary }) {
  if (!preliminary) return []
  const measured = figures.filter(({ id }) => Object.keys(preliminary.seconds[id] ?? {}).length > 0)
  const variants = [...new Set(measured.flatMap(({ id }) => Object.keys(preliminary.seconds[id])))]
  if (variants.length === 0) return []
  const median = (figure, variant) => preliminary.seconds[figure][variant]?.median.toFixed(3) ?? '–'
  const firstCalls = (variant) =>
    Object.values(preliminary.firstCalls[variant] ?? {})
      .reduce((sum, value) => sum + value, 0)
      .toFixed(0)
  return [
    '## The baselines among themselves',
    '',
    `Medians of ${preliminary.repeats} repeats, seconds; the last column is what the first calls took together, with what torch.compile compiles in them (in no other figure).`,
    '',
    `| ${['PyTorch variant', ...measured.map(({ short }) => short), 'first calls'].join(' | ')} |`,
    `|---|${measured.map(() => '---|').join('')}---|`,
    ...variants.map(
      (variant) =>
        `| ${[variant, ...measured.map(({ id }) => median(id, variant)), firstCalls(variant)].join(' | ')} |`,
    ),
    '',
    ...Object.entries(preliminary.failed).map(
      ([variant, reason]) => `- ${variant} could not be run: ${reason.split('\n').at(-1)}`,
    ),
    ...(Object.keys(preliminary.failed).length > 0 ? [''] : []),
  ]
}
