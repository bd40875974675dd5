import { defineStore } from 'pinia'
import { ref, watch } from 'vue'
import { bandKinds } from '../charts/bands'
import { layouts, plainCurves, type CurveSettings } from '../charts/curves'
import { xKinds } from '../charts/xAxis'

const storageKey = 'abd.charts'

/** Another version may have written it: what is no setting is as it is by itself. */
export function settingsFrom(stored: unknown): CurveSettings {
  const given = (typeof stored === 'object' && stored !== null ? stored : {}) as Record<string, unknown>
  const flag = (name: 'logX' | 'logY' | 'clip'): boolean => given[name] === true
  const { smoothing } = given
  return {
    x: xKinds.find((kind) => kind === given['x']) ?? plainCurves.x,
    logX: flag('logX'),
    logY: flag('logY'),
    smoothing: typeof smoothing === 'number' && smoothing >= 0 && smoothing < 1 ? smoothing : 0,
    band: bandKinds.find((kind) => kind === given['band']) ?? plainCurves.band,
    clip: flag('clip'),
    layout: layouts.find((layout) => layout === given['layout']) ?? plainCurves.layout,
  }
}

function read(): Record<string, CurveSettings> {
  try {
    const stored = JSON.parse(localStorage.getItem(storageKey) ?? '{}') as Record<string, unknown>
    return Object.fromEntries(Object.entries(stored).map(([place, settings]) => [place, settingsFrom(settings)]))
  } catch {
    return {}
  }
}

/** How charts are drawn at each place (a run's charts, curves of compared models), kept over visits. */
export const useChartSettingsStore = defineStore('chartSettings', () => {
  const places = ref(read())
  watch(places, (now) => localStorage.setItem(storageKey, JSON.stringify(now)))
  const of = (place: string): CurveSettings => places.value[place] ?? plainCurves
  const change = (place: string, settings: CurveSettings): void => {
    places.value = { ...places.value, [place]: settings }
  }
  return { of, change }
})
