import { computed, onScopeDispose, shallowRef } from 'vue'
import type { ExperimentPreset } from '@shared/domain'
import { useConnection } from '../../api/connection'
import { useNewestTask } from '../../composables/useNewestTask'

export interface PresetTable {
  readonly columns: readonly string[]
  readonly rows: readonly { readonly title: string; readonly cells: readonly (ExperimentPreset | null)[] }[]
}

const fits = ({ title, description, cell }: ExperimentPreset, words: readonly string[]): boolean => {
  const text = `${title} ${description} ${cell?.row ?? ''} ${cell?.column ?? ''}`.toLowerCase()
  return words.every((word) => text.includes(word))
}

/** Those of the published table by row and column; cells that nobody has stay empty. */
export function tableOf(presets: readonly ExperimentPreset[]): PresetTable {
  const cells = presets.flatMap((preset) => (preset.cell ? [{ preset, ...preset.cell }] : []))
  const columns = [...new Set(cells.map(({ column }) => column))]
  return {
    columns,
    rows: [...new Set(cells.map(({ row }) => row))].map((title) => ({
      title,
      cells: columns.map(
        (column) => cells.find((cell) => cell.row === title && cell.column === column)?.preset ?? null,
      ),
    })),
  }
}

/** The presets in groups, those that fit a search, and how long each listed one takes on this machine. */
export function usePresetGroups(presets: () => readonly ExperimentPreset[], search: () => string) {
  const { engine } = useConnection()
  const words = computed(() =>
    search()
      .toLowerCase()
      .split(/\s+/)
      .filter((word) => word !== ''),
  )
  const found = computed(() => presets().filter((preset) => fits(preset, words.value)))
  const lists = computed(() =>
    [
      { title: 'Quick looks', quick: true, presets: found.value.filter(({ quick, cell }) => quick === true && !cell) },
      {
        title: 'Other settings',
        quick: false,
        presets: found.value.filter(({ quick, cell }) => quick !== true && !cell),
      },
    ].filter(({ presets: list }) => list.length > 0),
  )
  const table = computed(() => tableOf(found.value))

  const seconds = shallowRef<Readonly<Record<string, number>>>({})
  const task = useNewestTask()
  /** Asks for the times of those that are listed, not of the whole table. */
  async function askTimes(): Promise<void> {
    const listed = presets().filter(({ cell }) => !cell)
    const answers = await task.run((signal) =>
      Promise.allSettled(
        listed.map(async ({ id, config }): Promise<[string, number]> => [
          id,
          (await engine.call('experiment.estimate', { config }, signal)).totalSeconds,
        ]),
      ),
    )
    if (answers.kind === 'done')
      seconds.value = Object.fromEntries(
        answers.value.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : [])),
      )
  }
  onScopeDispose(() => task.abort())
  return { found, lists, table, seconds, askTimes }
}
