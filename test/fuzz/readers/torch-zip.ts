import { torchZip } from '../../../src/main/engine/families/importers/torch/zip'
import { importing } from './support/importing'

export const read = importing(torchZip)
