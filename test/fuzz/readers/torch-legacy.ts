import { torchLegacy } from '../../../src/main/engine/families/importers/torch/legacy'
import { importing } from './support/importing'

export const read = importing(torchLegacy)
