/** How a part of a stage joins what is saved and restored; the trainer keeps the bundle. */
import type * as tf from '@tensorflow/tfjs-core'
import type { NetworkState } from '../../maths/nn/types'
import type { RandomStream, StreamState } from '../../maths/random'
import type { WeightMap } from '../../weights/weightMap'

/** Values outside the tensors, as JSON. */
export interface PlainState {
  read(): Record<string, unknown>
  write(values: Record<string, unknown>): void
}

/** Tensors whose number changes during the run (a pool of images), in any layout of the owner's. */
export interface PooledState {
  read(): WeightMap
  write(tensors: WeightMap): void
}

export interface StateSnapshot {
  tensors: WeightMap
  plain: Record<string, Record<string, unknown>>
  streams: StreamState[]
}

export interface StateBundle {
  addNetwork(name: string, network: NetworkState): void
  /** Optimizer slots and the like; keys must not change between versions of a checkpoint. */
  addVariables(name: string, variables: Readonly<Record<string, tf.Variable>>): void
  addPlain(name: string, state: PlainState): void
  addPooled(name: string, state: PooledState): void
  /** The random stream of that name; the same object at every call. */
  stream(name: string): RandomStream
  /** The variables' values must be current (StepProgram.readState) when this is called. */
  snapshot(): StateSnapshot
  /** Restores every part; StepProgram.writeState comes after. @throws UserError naming the part that does not fit */
  restore(snapshot: StateSnapshot, options?: { missing: 'refuse' | 'keep' }): void
}
