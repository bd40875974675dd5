/** What is said of a run while one stays with it. */
import { metricDefinitions, type MetricDefinition, type MetricSeries, type RunSummary } from '../../shared/domain'
import { healthLines, progressLine, stageLine, type Output } from './output'

export interface RunTeller {
  /** Members' own metrics are the catalogue's; until it is here, and without it, the shared ones do. */
  define(definitions: Readonly<Record<string, MetricDefinition>>): void
  /** What is new in the run's record: findings, warnings, stages that are done. */
  news(run: RunSummary): void
  /** Whether the points hold the figure that a progress line shows. */
  figures(stageId: string, series: Readonly<Record<string, MetricSeries>>): boolean
  progress(run: RunSummary): void
}

/** The newest value of the first metric that stands for a stage, in words; undefined where none of them came. */
function headlineOf(
  definitions: Readonly<Record<string, MetricDefinition>>,
  series: Readonly<Record<string, MetricSeries>>,
): string | undefined {
  const [name, definition] =
    Object.entries(definitions).find(([entry, { headline }]) => headline === true && series[entry]) ?? []
  const value = name === undefined ? undefined : series[name]?.values.at(-1)
  return definition && value !== undefined
    ? `${definition.title.toLowerCase()} ${Number(value.toPrecision(4))}`
    : undefined
}

export function createRunTeller(output: Output): RunTeller {
  let definitions: Readonly<Record<string, MetricDefinition>> = metricDefinitions
  const told = new Set<string>()
  /** Each stage's newest loss, and the stage whose first line with a figure was written. */
  const losses = new Map<string, string>()
  let figuresOf = ''
  // Stages repeat what concerns all of them.
  const tellOnce = (line: string): void => {
    if (!told.has(line)) output.tell(line)
    told.add(line)
  }
  return {
    define(known) {
      definitions = known
    },
    news(run) {
      for (const stage of run.stages) {
        for (const { severity, message } of stage.findings ?? [])
          tellOnce(`${severity === 'ok' || severity === 'info' ? 'trigger' : severity}: ${message}`)
        for (const warning of stage.warnings) tellOnce(`warning: ${warning}`)
        if (stage.state === 'done') [stageLine(stage), ...healthLines(stage)].forEach(tellOnce)
      }
    },
    figures(stageId, series) {
      const loss = headlineOf(definitions, series)
      if (loss !== undefined) losses.set(stageId, loss)
      return loss !== undefined
    },
    progress(run) {
      const running = run.stages.filter(({ state }) => state === 'running')
      const stage = running[0]
      const figures = stage && (stage.evaluation || losses.has(stage.id)) ? stage.id : ''
      const lines = running.map((one) => progressLine(run, losses.get(one.id), one))
      // A stage's first figures are what one waits for; later ones come at the usual pace.
      output.progress(lines.join(' · ') || progressLine(run), figures !== '' && figures !== figuresOf)
      if (figures !== '') figuresOf = figures
    },
  }
}
