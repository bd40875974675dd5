import { computed } from 'vue'
import type { ChartLine } from '../charts/chartLine'
import type { CurveSettings } from '../charts/curves'
import { offeredX } from '../charts/xAxis'
import { useChartSettingsStore } from '../stores/chartSettings'

/**
 * How charts are drawn at a place: what the reader has set, and of it what these lines can show. `ChartControls`
 * changes it, `LineChart` takes `shown`.
 */
export function useChartSettings(place: string, lines: () => readonly ChartLine[]) {
  const store = useChartSettingsStore()
  const settings = computed<CurveSettings>({
    get: () => store.of(place),
    set: (next) => store.change(place, next),
  })
  const offered = computed(() => offeredX(lines()))
  /** Whether any condition has several seeds to average over. */
  const hasSeeds = computed(() => {
    const seen = new Map<string, string>()
    return lines().some(({ group, key, metric }) => {
      if (!group) return false
      const known = seen.get(`${group.key} ${metric ?? ''}`)
      seen.set(`${group.key} ${metric ?? ''}`, key)
      return known !== undefined && known !== key
    })
  })
  const severalModels = computed(() => new Set(lines().map(({ model, label }) => model ?? label)).size > 1)
  const shown = computed<CurveSettings>(() => {
    const { x, band, layout, ...rest } = settings.value
    return {
      ...rest,
      x: offered.value.includes(x) ? x : 'step',
      band: hasSeeds.value ? band : 'none',
      layout: severalModels.value ? layout : 'together',
    }
  })
  return { settings, shown, offered, hasSeeds, severalModels }
}
