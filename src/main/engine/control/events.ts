/** The engine's events: who listens, and how often they are told. */
import type { EngineEventFilter, EngineEventName, EngineEvents } from '../../../shared/contract'
import type { MetricPoint, MetricSeries } from '../../../shared/domain'

/** Metric events leave at most 30 times a second, whatever the step rate. */
const metricsInterval = 34

export interface EventHub {
  emit<K extends EngineEventName>(name: K, event: EngineEvents[K]): void
  /** Collected and sent as one event per stage within 34 ms. */
  metrics(runId: string, stageId: string, points: readonly MetricPoint[]): void
  /** Whether somebody listens to what happens to this run alone (to this event, if one is named). */
  listensTo(runId: string, name?: EngineEventName): boolean
  /** Whether anybody would hear this event about this run. */
  listens(name: EngineEventName, runId: string): boolean
  /** Sends what is collected now (before a stage's end is told). */
  flush(): void
  subscribe<K extends EngineEventName>(
    name: K,
    filter: EngineEventFilter,
    listener: (event: EngineEvents[K]) => void,
  ): () => void
}

interface Subscription {
  name: EngineEventName
  filter: EngineEventFilter
  listener: (event: never) => void
}

const runOf = <K extends EngineEventName>(name: K, event: EngineEvents[K]): string | null =>
  name === 'run.changed' ? (event as EngineEvents['run.changed']).run.id : (event as { runId: string | null }).runId

export function createEventHub(onListenerError: (error: unknown) => void): EventHub {
  const subscriptions = new Set<Subscription>()
  const collected = new Map<string, { runId: string; stageId: string; points: MetricPoint[] }>()
  let timer: NodeJS.Timeout | null = null

  const emit: EventHub['emit'] = (name, event) => {
    for (const { name: wanted, filter, listener } of [...subscriptions]) {
      if (wanted !== name || (filter.runId !== undefined && filter.runId !== runOf(name, event))) continue
      try {
        ;(listener as (event: unknown) => void)(event)
      } catch (error) {
        onListenerError(error)
      }
    }
  }
  const flush = (): void => {
    if (timer) clearTimeout(timer)
    timer = null
    const batches = [...collected.values()]
    collected.clear()
    for (const { runId, stageId, points } of batches) emit('run.metrics', { runId, stageId, series: toSeries(points) })
  }
  return {
    emit,
    flush,
    listensTo: (runId, name) =>
      [...subscriptions].some((one) => one.filter.runId === runId && (name === undefined || one.name === name)),
    listens: (name, runId) =>
      [...subscriptions].some(
        (one) => one.name === name && (one.filter.runId === undefined || one.filter.runId === runId),
      ),
    metrics(runId, stageId, points) {
      const key = `${runId}\n${stageId}`
      const batch = collected.get(key) ?? { runId, stageId, points: [] }
      batch.points.push(...points)
      collected.set(key, batch)
      timer ??= setTimeout(flush, metricsInterval)
    },
    subscribe(name, filter, listener) {
      const subscription: Subscription = { name, filter, listener: listener as (event: never) => void }
      subscriptions.add(subscription)
      return () => subscriptions.delete(subscription)
    },
  }
}

function toSeries(points: readonly MetricPoint[]): Record<string, MetricSeries> {
  const columns = new Map<string, { steps: number[]; values: number[] }>()
  for (const { name, step, value } of points) {
    const column = columns.get(name) ?? { steps: [], values: [] }
    column.steps.push(step)
    column.values.push(value)
    columns.set(name, column)
  }
  return Object.fromEntries(
    [...columns].map(([name, { steps, values }]) => [
      name,
      { steps: Float64Array.from(steps), values: Float64Array.from(values) },
    ]),
  )
}
