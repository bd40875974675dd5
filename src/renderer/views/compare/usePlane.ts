import { computed } from 'vue'
import { countsInMeans, partsFrom, rateOf, type ModelRecord, type TableValues } from '@shared/domain'
import type { PlaneArrow, PlaneCross, PlaneTrail } from '../../charts/plane/planeOption'
import { measuredPoints, noPoints, type PlanePoints } from '../../charts/plane/points'
import { pointsOf, useMetricsStore } from '../../stores/metrics'
import { findingsIn } from './findings'
import { groupedPlane, meanCross, type GroupedPlane } from './planeGroups'

/** Of more points, crosses and arrows stand at those that are selected alone. */
export const mostDetailed = 30
const mostTrails = 12

/** What the engine is asked of every model that matches. */
export const planeColumns: readonly string[] = ['accuracy', 'asr', 'health']

/** Whether the rates of the model in a row say something of it. */
export function hollowRows(values: TableValues): (row: number) => boolean {
  const known = new Map<string, boolean>()
  const texts = values.columns['health'] ?? []
  return (row) => {
    const text = texts[row]
    if (typeof text !== 'string') return false
    const hollow = known.get(text) ?? !countsInMeans({ health: findingsIn(text) })
    known.set(text, hollow)
    return hollow
  }
}
export interface PlaneSource {
  readonly values: () => TableValues | null
  readonly groupBy: () => readonly string[]
  /** Of the models that are told in detail. */
  readonly records: () => ReadonlyMap<string, ModelRecord>
  readonly withTrails: () => boolean
}

/** What the plane draws: models or groups of them, and of a few the intervals, arrows and trails. */
export function usePlane({ values, groupBy, records, withTrails }: PlaneSource) {
  const metrics = useMetricsStore()
  const grouped = computed<GroupedPlane | null>(() => {
    const given = values()
    const by = groupBy()
    // The answer to an earlier question has other columns.
    if (!given || by.length === 0 || by.some((column) => given.columns[column] === undefined)) return null
    return groupedPlane(given, by, hollowRows(given))
  })
  const points = computed<PlanePoints>(() => {
    const given = values()
    if (!given) return noPoints
    return grouped.value?.points ?? measuredPoints(given, hollowRows(given))
  })
  const crosses = computed<PlaneCross[]>(() =>
    grouped.value
      ? [...grouped.value.groups.values()].map(meanCross)
      : [...records().values()].map(({ key, evaluation }) => ({
          key,
          accuracy: rateOf(evaluation, 'accuracy')?.interval ?? null,
          asr: rateOf(evaluation, 'asr')?.interval ?? null,
        })),
  )
  const arrows = computed<PlaneArrow[]>(() => (grouped.value ? [] : surelyBetter(records())))
  const trails = computed<PlaneTrail[]>(() => {
    if (grouped.value || !withTrails()) return []
    return [...records().values()].slice(0, mostTrails).map(({ key, runId, stageId }) => {
      const history = metrics.open({ runId, stageId })
      const [accuracy, asr] = [pointsOf(history, 'accuracy'), pointsOf(history, 'asr')]
      const rates = new Map(asr ? Array.from(asr.steps, (step, at) => [step, asr.values[at] ?? NaN]) : [])
      const places = Array.from(accuracy?.steps ?? [], (step, at): [number, number] => [
        accuracy?.values[at] ?? NaN,
        rates.get(step) ?? NaN,
      ])
      return { key, places: places.filter(([, rate]) => Number.isFinite(rate)) }
    })
  })
  return { grouped, points, crosses, arrows, trails }
}

/** From a defended student's twin to it, where their ASRs are different for sure. */
function surelyBetter(records: ReadonlyMap<string, ModelRecord>): PlaneArrow[] {
  const asr = (key: string) => rateOf(records.get(key)?.evaluation, 'asr')?.interval
  return [...records.values()].flatMap(({ key, twin }) =>
    twin !== null && twin !== key && partsFrom(asr(key), asr(twin)) ? [{ from: twin, to: key }] : [],
  )
}
