import { defineStore } from 'pinia'
import { computed, shallowReactive } from 'vue'
import type { CallArgs } from '@shared/contract'
import type { StudyDefinition, StudySummary } from '@shared/domain'
import { useConnection } from '../api/connection'
import { useListedRecords } from './listedRecords'

/** What is asked of a whole study, or of some of its cells. */
export type StudyVerb = 'pause' | 'resume' | 'cancel' | 'retry'

/** The summaries of all studies, kept current by the engine's events. */
export const useStudiesStore = defineStore('studies', () => {
  const { engine } = useConnection()
  const { byId, loaded, loadError, load, keep } = useListedRecords(() => engine.call('studies.list', {}))

  /** Newest first. */
  const studies = computed(() => [...byId.values()].sort((a, b) => b.createdAt - a.createdAt))
  const active = computed(() => studies.value.filter(({ state }) => state === 'running'))

  engine.subscribe('study.changed', {}, ({ study }) => keep(study))
  engine.subscribe('study.removed', {}, ({ studyId }) => byId.delete(studyId))

  const start = async (definition: StudyDefinition): Promise<StudySummary> =>
    keep(await engine.call('studies.start', { definition }))
  const steer = async (verb: StudyVerb, studyId: string, cells?: readonly number[]): Promise<StudySummary> =>
    keep(await engine.call(`studies.${verb}`, cells ? { studyId, cells: [...cells] } : { studyId }))
  const rename = async (studyId: string, name: string): Promise<StudySummary> =>
    keep(await engine.call('studies.rename', { studyId, name }))
  const prioritize = async (studyId: string, priority: number): Promise<StudySummary> =>
    keep(await engine.call('studies.prioritize', { studyId, priority }))
  const extend = async (args: CallArgs<'studies.extend'>): Promise<StudySummary> =>
    keep(await engine.call('studies.extend', args))
  /** Cells that were put in front from here, by study: the engine tells the order of its queue when it is asked. */
  const fronts = shallowReactive(new Map<string, readonly number[]>())
  async function reorder(studyId: string, cells: readonly number[]): Promise<void> {
    keep(await engine.call('studies.reorder', { studyId, cells: [...cells] }))
    const others = (fronts.get(studyId) ?? []).filter((index) => !cells.includes(index))
    fronts.set(studyId, [...cells, ...others])
  }
  async function forget(studyId: string): Promise<void> {
    await engine.call('studies.delete', { studyId })
    byId.delete(studyId)
  }
  return {
    ...{ byId, studies, active, loaded, loadError, load, fronts },
    ...{ start, steer, rename, prioritize, extend, reorder, forget },
  }
})
