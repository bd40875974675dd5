import { RefusedInputError } from '../../../../../shared/errors'

/** A refusal at a place in the pickle program. */
export function refusePickle(
  message: string,
  details: { wanted?: string; got?: string; at?: number; action?: string } = {},
): RefusedInputError {
  const { at, ...rest } = details
  return new RefusedInputError(message, { ...rest, where: at === undefined ? 'pickle' : `pickle, byte ${at}` })
}
