import { safetensors } from '../../../src/main/engine/families/importers/safetensors'
import { importing } from './support/importing'

export const read = importing(safetensors)
