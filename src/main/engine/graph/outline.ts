/**
 * Runs the ops of a recording for their shapes alone. A recording needs no values: outputs of one shape share one tensor, whatever is in it, and an
 * op met before with the same shapes is not run again. Recorded for real, a step would hold every intermediate result at once, which would be the
 * peak memory of a whole run.
 */
import type { Binding, OpAttribute, TensorMetadata } from './backend'

/** An input as far as it decides the shapes of the outputs. */
export interface OutlinedInput {
  readonly native: number
  /** Type and shape; of integer constants also the values. Absent where values computed in the step may decide. */
  readonly key: string | undefined
}

export interface OutlinedOutput {
  readonly native: number
  readonly shape: number[]
  readonly dtype: number
}

export class Outline {
  private readonly shared = new Map<string, OutlinedOutput>()
  private readonly own = new Set<number>()
  private readonly met = new Map<string, readonly OutlinedOutput[]>()

  constructor(private readonly native: Binding) {}

  run(op: string, attributes: OpAttribute[], inputs: readonly OutlinedInput[], count: number): readonly OutlinedOutput[] {
    const decided = inputs.every(({ key }) => key !== undefined)
    const key = decided ? JSON.stringify([op, count, attributes, inputs.map((input) => input.key)]) : undefined
    const known = key === undefined ? undefined : this.met.get(key)
    if (known) return known
    const results = this.native.executeOp(op, attributes, inputs.map((input) => input.native), count).map((result) => this.keep(result))
    // Only floats are shared; integers keep their values, which other shapes may depend on.
    if (key !== undefined && results.every(({ dtype }) => dtype === this.native.TF_FLOAT)) this.met.set(key, results)
    return results
  }

  private keep({ id, shape, dtype }: TensorMetadata): OutlinedOutput {
    const output = { native: id, shape, dtype }
    if (dtype !== this.native.TF_FLOAT) {
      this.own.add(id)
      return output
    }
    const shared = this.shared.get(shape.join())
    if (!shared) {
      this.shared.set(shape.join(), output)
      return output
    }
    this.native.deleteTensor(id)
    return shared
  }

  dispose(): void {
    for (const { native } of this.shared.values()) this.native.deleteTensor(native)
    for (const id of this.own) this.native.deleteTensor(id)
  }
}
