import { computed } from 'vue'
import { useRouter } from 'vue-router'
import { useConnection } from '../../api/connection'
import { counted } from '../../format/cellStates'
import { useCompareStore } from '../../stores/compare'
import { useEngineStore } from '../../stores/engine'
import { useNoticesStore } from '../../stores/notices'
import type { RunEdit } from '../../stores/runEdits'
import { useRunsStore } from '../../stores/runs'

/** More models are not told apart side by side, and their ids fill a query. */
export const mostCompared = 200
export const mostDiffered = 40
/** Ids in one query. */
const idsAtOnce = 40

/** These runs, wherever they are kept. */
const queryOf = (runIds: readonly string[]): string => `run:${runIds.join(',')} (is:archived | -is:archived)`

export type TwinKind = 'defense' | 'poison'

/** What can be done with several runs at once, with its failures as notices. */
export function useManyRuns() {
  const { engine } = useConnection()
  const runs = useRunsStore()
  const compare = useCompareStore()
  const notices = useNoticesStore()
  const router = useRouter()
  const engineStore = useEngineStore()
  const readOnly = computed(() => engineStore.info?.readOnly === true)

  const edit = (runIds: readonly string[], change: RunEdit): Promise<unknown> =>
    notices.attempt('The runs could not be changed.', async () => {
      const changed = await runs.edit(runIds, change)
      if (changed === 0) notices.show({ severity: 'info', title: 'Nothing changed: they were so already.' })
    })
  /** Returns the ids of those that went to the bin. */
  const remove = async (runIds: readonly string[]): Promise<string[]> =>
    (await notices.attempt('The runs could not be deleted.', () => runs.remove(runIds))) ?? []
  async function clone(runIds: readonly string[], seed: number | null): Promise<void> {
    const args = { runIds: [...runIds], ...(seed === null ? {} : { seed }) }
    const answer = await notices.attempt('The runs could not be cloned.', () => engine.call('runs.cloneMany', args))
    if (answer)
      notices.show({
        severity: 'good',
        title: `${counted(answer.made.length, 'copy').replace('copys', 'copies')} wait to run.`,
      })
  }
  async function makeTwins(runIds: readonly string[], without: readonly TwinKind[]): Promise<void> {
    const answer = await notices.attempt('The twins could not be made.', () =>
      engine.call('runs.twins', { runIds: [...runIds], without: [...without] }),
    )
    if (!answer) return
    const { made, present } = answer
    const there =
      present.length > 0
        ? ` ${counted(present.length, 'other')} ${present.length === 1 ? 'is' : 'are'} there already.`
        : ''
    const title = made.length === 0 ? 'No twin was missing.' : `${counted(made.length, 'twin')} wait to run.`
    notices.show({ severity: made.length === 0 ? 'info' : 'good', title: title + there })
  }
  /** All models of these runs, selected in Compare. */
  async function openInCompare(runIds: readonly string[]): Promise<void> {
    const keys = await notices.attempt('The models could not be read.', () => modelsOf(runIds))
    if (!keys) return
    compare.selected = new Set(keys)
    void router.push('/compare')
  }
  async function modelsOf(runIds: readonly string[]): Promise<string[]> {
    const parts = Array.from({ length: Math.ceil(runIds.length / idsAtOnce) }, (_, part) =>
      runIds.slice(part * idsAtOnce, (part + 1) * idsAtOnce),
    )
    const answers = await Promise.all(
      parts.map((ids) => engine.call('table.keys', { of: 'models', query: queryOf(ids), order: [] })),
    )
    return answers.flatMap(({ keys }) => keys)
  }
  /** Names by id, of runs that may never have been in sight. */
  async function namesOf(runIds: readonly string[]): Promise<Map<string, string>> {
    const args = { of: 'runs', columns: [], order: [], offset: 0, limit: mostDiffered } as const
    const page = await notices.attempt('The names of the runs could not be read.', () =>
      engine.call('table.rows', { ...args, columns: [], order: [], query: queryOf(runIds.slice(0, mostDiffered)) }),
    )
    return new Map(page?.runs.map(({ id, name }) => [id, name]))
  }
  return { namesOf, edit, remove, clone, makeTwins, openInCompare, readOnly }
}
export type ManyRuns = ReturnType<typeof useManyRuns>
