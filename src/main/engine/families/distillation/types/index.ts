/**
 * The seams of a distillation: a synthesizer invents images, a student trainer learns from them, a defense changes
 * either or acts afterwards, a method declares both.
 */
export type * from './batches'
export type * from './context'
export type * from './defense'
export * from './method'
export type * from './openGenerator'
export type * from './parts'
export type * from './studentTrainer'
export type * from './synthesizer'
