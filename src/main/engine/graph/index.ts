export { createStepProgram, type StepProgramOptions } from './program'
export { largestConstantBytes } from './recorder'
export type { StepFunction, StepProgram, StepRunner } from './types'
export type { NamedTensors } from '../maths/ops/tensors'
