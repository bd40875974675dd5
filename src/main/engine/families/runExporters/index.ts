/** What is written of a run as a whole, for other programs and for readers; control writes it. */
import { createRegistry } from '../../../../shared/schema'
import { abdrun } from './abdrun'
import { runCard } from './cards/runCard'
import { imageGrids } from './images'
import { mlflow } from './mlflow'
import { tensorboard } from './tensorboard'
import type { RunExporter } from './types'

/** In the order in which they are offered. */
export const runExporters = createRegistry<RunExporter>('runExporter', 'Forms that a run is written in', [
  tensorboard,
  mlflow,
  abdrun,
  runCard,
  imageGrids,
])

export { defineRunExporter } from './types'
export type {
  DataPrint,
  ExportedRun,
  ExportWork,
  FileEvidence,
  LiveExport,
  RunEvidence,
  RunExporter,
  RunToExport,
  StageToExport,
  StepClock,
} from './types'
