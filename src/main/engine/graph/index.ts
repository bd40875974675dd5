export { createStepProgram } from './program'
export { traceStep } from './traced'
export type { StepFunction, StepProgram, StepRunner } from './types'
export type { NamedTensors } from '../maths/ops/tensors'
