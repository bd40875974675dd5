/** What is computed from models and images: one file each, measured in a trainer, kept in the table of artifacts. */
import { createRegistry } from '../../../../shared/schema'
import { classes } from './classes'
import { suspects } from './suspects'

/** In the order of their tabs. */
export const analyses = createRegistry('analysis', 'Analyses', [classes, suspects])

export { withoutFormerArtifacts } from './formerly'
