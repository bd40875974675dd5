/** Values within MLflow's limits. */
import type { RunState, StageState } from '../../../../../shared/domain'
import { ExhaustiveError } from '../../../../../shared/errors'
import type { SettingValue } from '../settings'

/** Per call; a call may hold 1 MB as well, which a thousand of our points stay far below. */
export const mostMetrics = 1000
export const mostParams = 100
const longestValue = 6000
const longestName = 250

export interface MlflowMetric {
  readonly key: string
  readonly step: number
  readonly timestamp: number
  readonly value: number | string
}

/** JSON has no word for them; the server reads these texts as numbers. */
export const metricValue = (value: number): number | string => (Number.isFinite(value) ? value : String(value))

const ending = ' … (cut)'

/** Names with what the server takes alone (letters, digits, _ - . / and spaces), and values that it takes. */
export function cutSettings(settings: Readonly<Record<string, SettingValue>>): {
  readonly settings: readonly { readonly key: string; readonly value: string }[]
  readonly cut: readonly string[]
} {
  const cut: string[] = []
  const cutOne = (name: string, text: string): string => {
    if (text.length <= longestValue) return text
    cut.push(name)
    return `${text.slice(0, longestValue - ending.length)}${ending}`
  }
  return {
    settings: Object.entries(settings).map(([name, value]) => ({
      key: name.replace(/[^A-Za-z0-9_\-./ ]/g, '_').slice(0, longestName),
      value: cutOne(name, String(value)),
    })),
    cut,
  }
}

/** What MLflow calls a state. */
export function statusOf(state: RunState | StageState): 'FINISHED' | 'FAILED' | 'KILLED' | 'RUNNING' | 'SCHEDULED' {
  switch (state) {
    case 'done':
      return 'FINISHED'
    case 'failed':
    case 'interrupted':
      return 'FAILED'
    case 'stopped':
      return 'KILLED'
    case 'running':
    case 'paused':
      return 'RUNNING'
    case 'queued':
    case 'waiting':
      return 'SCHEDULED'
    default:
      throw new ExhaustiveError(state)
  }
}
