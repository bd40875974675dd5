export { createStepProgram, type StepProgramOptions } from './program'
export { largestConstantBytes } from './recorder'
export type { NamedTensors, StepFunction, StepProgram, StepRunner } from './types'
