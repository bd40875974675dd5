/** Studies in lines of text. */
import type { CellLabels, StudyCell, StudyPlan, StudySummary } from '../../../../../shared/domain'
import { causeSentence } from '../../../../../shared/errors'
import { duration, megabytes, percent, printable, table } from '../../../output'

/** "attack badnet_grid, seed 0" */
export const labelsText = (axes: CellLabels): string =>
  Object.entries(axes)
    .map(([path, label]) => `${path} ${label}`)
    .map(printable)
    .join(', ') || 'its only cell'

export const cellCount = (study: Pick<StudySummary, 'cells'>): number =>
  Object.values(study.cells).reduce((sum, count) => sum + count, 0)

/** "5 of 12 cells done, 1 failed, 2 running" */
export function cellsText({ cells }: Pick<StudySummary, 'cells'>): string {
  const others = (['failed', 'interrupted', 'cancelled', 'stopped', 'paused', 'running'] as const)
    .filter((state) => cells[state] > 0)
    .map((state) => `, ${cells[state]} ${state}`)
  return `${cells.done} of ${cellCount({ cells })} cells done${others.join('')}`
}

/** One line while it runs. */
export const studyLine = (study: StudySummary): string =>
  `${printable(study.name)}: ${cellsText(study)}${study.secondsLeft === null || study.secondsLeft === 0 ? '' : `, ${duration(study.secondsLeft)} left`}`

/** "12 stages asked for, 9 trained, 3 reused, 4 min 10 s of work" */
export const stagesText = ({ stages, seconds }: StudySummary): string =>
  `${stages.asked} stages asked for, ${stages.trained} trained, ${stages.reused} reused, ${duration(seconds)} of work`

/** Beyond this the list of cells is cut. */
const shownCells = 20

export function planLines(plan: StudyPlan): string[] {
  const { cells, stages, seconds, longestChain, bytes, basis, words } = plan
  const more = cells.length - shownCells
  return [
    ...cells.slice(0, shownCells).map(({ index, axes }) => `  ${index}: ${labelsText(axes)}`),
    ...(more > 0 ? [`  and ${more} more`] : []),
    `${cells.length} cells ask for ${stages.asked} stages: ${stages.new} to be trained, ${stages.reused} there already`,
    `about ${duration(seconds)} one after another, ${duration(longestChain)} at best side by side (${basis}); ${megabytes(bytes)} on disk`,
    words,
  ]
}

/** What is wrong with cells, those that share it counted together; the first few. */
export function issueLines({ cells }: StudyPlan, severity: 'error' | 'warning'): string[] {
  const cellsOf = new Map<string, number[]>()
  for (const { index, issues } of cells)
    for (const issue of issues) {
      if (issue.severity !== severity) continue
      const line = `${issue.path} ${issue.message}`
      cellsOf.set(line, [...(cellsOf.get(line) ?? []), index])
    }
  const lines = [...cellsOf].map(([line, indices]) => {
    const named = indices.slice(0, 5).join(', ')
    const where = indices.length > 5 ? `${named} and ${indices.length - 5} more` : named
    return `${severity}: ${printable(line)} (${indices.length === 1 ? 'cell' : 'cells'} ${where})`
  })
  return lines.length > 10 ? [...lines.slice(0, 10), `and ${lines.length - 10} more of this kind`] : lines
}

/** Why a cell failed, in one line; undefined of one that has not. */
export const failureLine = ({ index, axes, error }: StudyCell): string =>
  `cell ${index} (${labelsText(axes)}) failed: ${printable(causeSentence(error) ?? 'no reason was written down')}`

export function cellTable(axes: StudySummary['axes'], cells: readonly StudyCell[]): string {
  const progressText = ({ state, progress }: StudyCell): string =>
    state === 'running' || state === 'paused' ? `${state}, ${Math.floor(100 * progress)} %` : state
  return table([
    ['cell', ...axes.map(({ path }) => printable(path)), 'state', 'accuracy', 'ASR', 'run', ''],
    ...cells.map((cell) => [
      String(cell.index),
      ...axes.map(({ path }) => printable(cell.axes[path] ?? '–')),
      progressText(cell),
      percent(cell.student?.accuracy),
      percent(cell.student?.asr),
      cell.runId ?? '–',
      printable(causeSentence(cell.error) ?? cell.where ?? ''),
    ]),
  ])
}
