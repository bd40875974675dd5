/** Studies as the engine would tell them, for views and for what lays them out. */
import type { CellState, StudyAxis, StudyCell, StudyDefinition, StudyDetail } from '../../src/shared/domain'
import { noCells } from '../../src/renderer/format/cellStates'

const values = (...labels: string[]) => labels.map((label) => ({ label, value: { id: label } }))

export const fixtureAxes: StudyAxis[] = [
  { path: 'attack', title: 'Attack', values: values('badnet_grid', 'blend') },
  { path: 'defenses', title: 'Defenses', values: ['none', 'sv'].map((label) => ({ label, value: [] })) },
  { path: 'seed', title: 'Seed', values: [0, 1, 2].map((seed) => ({ label: String(seed), value: seed })) },
]

export const fixtureDefinition = (change: Partial<StudyDefinition> = {}): StudyDefinition => ({
  format: 1,
  name: 'Triggers by defense',
  note: '',
  base: {},
  axes: fixtureAxes,
  exclude: [],
  conditions: [],
  strategy: { id: 'grid', params: {} },
  order: 'seedsLast',
  executor: 'local',
  priority: 0,
  ...change,
})

const evaluation = (accuracy: number, asr: number) => ({
  accuracy,
  asr,
  asrAll: asr,
  robustAccuracy: 1 - asr,
  images: 1000,
  nonTarget: 900,
})

/** All combinations of the axes' labels, the first slowest. */
const combinations = (axes: readonly StudyAxis[]): Record<string, string>[] =>
  axes.reduce<Record<string, string>[]>(
    (cells, axis) => cells.flatMap((cell) => (axis.values ?? []).map(({ label }) => ({ ...cell, [axis.path]: label }))),
    [{}],
  )

/** A study whose cell `index` is in the state that `stateOf` says. */
export function fixtureStudy(
  stateOf: (index: number) => CellState,
  definition: StudyDefinition = fixtureDefinition(),
): StudyDetail {
  const list: StudyCell[] = combinations(definition.axes).map((axes, index) => {
    const state = stateOf(index)
    const defended = axes['defenses'] !== undefined && axes['defenses'] !== 'none'
    return {
      index,
      axes,
      runId: state === 'waiting' ? null : `run-${index}`,
      state,
      progress: state === 'done' ? 1 : state === 'running' ? 0.4 : 0,
      secondsLeft: state === 'running' ? 90 : null,
      teacher: state === 'done' ? evaluation(0.95, 0.99) : null,
      student:
        state === 'done' ? evaluation(0.9 + (index % 3) * 0.01, (defended ? 0.1 : 0.9) + (index % 3) * 0.02) : null,
      error:
        state === 'failed' ? [{ name: 'UserError', message: 'The data set could not be read.', forUser: true }] : null,
      where: state === 'running' ? 'this machine, slot 1' : null,
    }
  })
  const cells: Record<CellState, number> = { ...noCells }
  for (const { state } of list) cells[state]++
  return {
    id: 'study-1',
    name: definition.name,
    note: definition.note,
    createdAt: Date.UTC(2024, 0, 1),
    endedAt: null,
    state: list.every(({ state }) => state === 'done') ? 'done' : 'running',
    executor: definition.executor,
    strategy: definition.strategy.id,
    priority: definition.priority,
    axes: definition.axes.map(({ path, title, values: listed }) => ({
      path,
      title: title ?? path,
      labels: (listed ?? []).map(({ label }) => label),
    })),
    cells,
    stages: { asked: list.length * 3, trained: 4, reused: 2 },
    seconds: 120,
    secondsLeft: 600,
    definition,
    list,
    queue: list.filter(({ state }) => state === 'queued').map(({ index }) => index),
  }
}
