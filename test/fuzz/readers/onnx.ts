import { onnx } from '../../../src/main/engine/families/importers/onnx'
import { importing } from './support/importing'

export const read = importing(onnx)
