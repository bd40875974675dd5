/** What is computed from models and images: one file each, measured in a trainer, kept in the table of artifacts. */
import { createRegistry } from '../../../../shared/schema'
import type { AskedAnalysis } from './askedTypes'
import { classes } from './classes'
import { keptImages } from './keptImages'
import { suspects } from './suspects'
import type { StageAnalysis } from './types'

export type Analysis = StageAnalysis | AskedAnalysis

/** In the order of their tabs. */
export const analyses = createRegistry<Analysis>('analysis', 'Analyses', [classes, suspects, keptImages])

/** Those that stages measure by themselves. */
export const stageAnalyses: readonly StageAnalysis[] = analyses.members.filter((member) => member.when !== 'asked')

export { withoutFormerArtifacts } from './formerly'
