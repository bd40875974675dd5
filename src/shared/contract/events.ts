/** What the engine tells without being asked. Metric events are batched to at most 30 a second. */
import { z } from 'zod'
import type {
  AskedAnalysis,
  Evaluation,
  RunSummary,
  RuntimeState,
  StudyCell,
  StudySummary,
  SyntheticImages,
} from '../domain'
import { count, errorCause, fraction, logLine, metricSeries, record, runId, severity, stageId } from './parts'

/** A data set on its way to the engine's machine. */
const downloadProgress = z.object({
  dataset: z.string(),
  /** The file's name, or "Unpacking …". */
  step: z.string(),
  filesDone: count,
  files: count,
  /** What `received` and `total` count: bytes of a file on its way, files of an archive that is unpacked. */
  unit: z.enum(['bytes', 'files']),
  /** Of the current step; total null where the server does not say. */
  received: count,
  total: count.nullable(),
})
export type DownloadProgress = z.infer<typeof downloadProgress>

/** A data set that is being read or drawn for a form. */
const datasetLoading = z.object({ dataset: z.string(), fraction, message: z.string() })
export type DatasetLoading = z.infer<typeof datasetLoading>

/** Of an evaluation of a weights file. */
const modelProgress = z.object({
  file: z.string(),
  /** What is done before the first image, e.g. "Reading the images"; null while evaluating. */
  message: z.string().nullable(),
  fraction,
  secondsLeft: z.number().nullable(),
  /** Over the part of the test set that is done. */
  evaluation: record<Evaluation>().nullable(),
})
export type ModelProgress = z.infer<typeof modelProgress>

/** The events by name; like the results of calls they are not checked at run time. */
export const events = {
  /** A run appeared or its record changed (state, stage progress, evaluation). */
  'run.changed': z.object({ run: record<RunSummary>() }),
  'run.removed': z.object({ runId }),
  /** The index of runs and models has changed: what a table shows may be stale. At most twice a second. */
  'table.changed': z.object({ revision: count }),
  /** New points of one stage, in ascending step order. */
  'run.metrics': z.object({ runId, stageId, series: metricSeries }),
  /** A step of synthetic images was kept; `images` comes along for live views, and may be left out under load. */
  'run.images': z.object({ runId, stageId, step: count, images: record<SyntheticImages>().nullable() }),
  /** Of an `export.run` that is under way; at most ten a second. */
  'run.exporting': z.object({ runId, format: z.string(), fraction, message: z.string() }),
  /** Of a `reproduce.start` that compares data set and files; at most ten a second. */
  'reproduce.progress': z.object({ file: z.string(), fraction, message: z.string() }),
  /** An analysis that was asked for appeared, goes on or has ended; at most ten a second. */
  'analysis.changed': z.object({ runId, asked: record<AskedAnalysis>() }),
  'analysis.removed': z.object({ runId, id: z.string() }),
  'run.log': z.object({ runId, line: logLine }),
  /** A study appeared or changed; at most four a second per study. `cells`: those that changed since the last one. */
  'study.changed': z.object({ study: record<StudySummary>(), cells: z.array(record<StudyCell>()) }),
  'study.removed': z.object({ studyId: z.string() }),
  /** At most ten a second per download. */
  'dataset.progress': downloadProgress,
  /** While a `dataset.info` waits for images; at most ten a second. */
  'dataset.loading': datasetLoading,
  /** At most ten a second per evaluation. */
  'model.progress': modelProgress,
  /** TensorFlow on the engine's machine: what there is, and what is on its way; at most four a second. */
  'runtime.changed': record<RuntimeState>(),
  /** For a toast: something happened that the researcher should know. */
  'engine.notice': z.object({
    severity,
    title: z.string(),
    causes: z.array(errorCause),
    runId: runId.nullable(),
  }),
}

export type EngineEventName = keyof typeof events
export type EngineEvents = { [K in EngineEventName]: z.infer<(typeof events)[K]> }

export const eventFilter = z.strictObject({ runId: runId.optional() })
export type EngineEventFilter = z.infer<typeof eventFilter>
