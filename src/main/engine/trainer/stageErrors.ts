/** Why a stage cannot begin, or cannot go on. */
import { UserError } from '../../../shared/errors'

/** The checkpoint that a student should start from is not there, or not whole. */
export class MissingStartError extends UserError {
  constructor(named: string, folder: string) {
    super('The checkpoint to start from cannot be read.', {
      wanted: `a whole checkpoint of ${named}`,
      got: 'none',
      where: folder,
      action: 'Choose another kept checkpoint, or leave the start empty: the run then distils its own student.',
    })
    this.name = 'MissingStartError'
  }
}

/** A number of the training is NaN or infinite: it left the range of float32, and going on would only waste time. */
export class DivergedError extends UserError {
  constructor(
    readonly metric: string,
    readonly step: number,
    readonly value: number,
  ) {
    super(`Training diverged: ${metric} is ${Number.isNaN(value) ? 'not a number' : 'infinite'}.`, {
      wanted: 'a finite value',
      got: String(value),
      where: `step ${step}`,
      action: 'Lower the learning rate or the weights of the loss terms, and start again; the last checkpoint is kept.',
    })
    this.name = 'DivergedError'
  }
}

/** @throws DivergedError at the first number that is not finite; training reports none that may be */
export function assertFinite(metrics: Readonly<Record<string, number | undefined>>, step: number): void {
  for (const [name, value] of Object.entries(metrics))
    if (value !== undefined && !Number.isFinite(value)) throw new DivergedError(name, step, value)
}
