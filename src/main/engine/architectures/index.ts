import { createRegistry } from '../../../shared/schema'
import { wrn } from './wrn'

/** Classifiers that can be trained, distilled and imported. */
export const architectures = createRegistry('architecture', 'Architectures', [wrn])
export type { Architecture, ArchitectureContext, ArchitectureCost, ImageProblem } from './types'
