/** What is computed from models and images: one file each, measured in a trainer, kept in the table of artifacts. */
import { createRegistry } from '../../../../shared/schema'
import type { AskedAnalysis } from './askedTypes'
import { classes } from './classes'
import { counterfactualVaccine } from './counterfactualVaccine'
import { oneTestImage } from './oneTestImage'
import { keptImages } from './keptImages'
import { microscope } from './microscope'
import { modelInspection } from './modelInspection'
import { perturbationSeen } from './perturbationSeen'
import { suspects } from './suspects'
import { triage } from './triage'
import { triggerLeakage } from './triggerLeakage'
import type { StageAnalysis } from './types'

export type Analysis = StageAnalysis | AskedAnalysis

/** In the order of their tabs. */
export const analyses = createRegistry<Analysis>('analysis', 'Analyses', [
  classes,
  suspects,
  keptImages,
  oneTestImage,
  modelInspection,
  microscope,
  triggerLeakage,
  counterfactualVaccine,
  triage,
  perturbationSeen,
])

/** Those that stages measure by themselves. */
export const stageAnalyses: readonly StageAnalysis[] = analyses.members.filter((member) => member.when !== 'asked')

export { withoutFormerArtifacts } from './formerly'
