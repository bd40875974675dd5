import { RefusedInputError } from '../../../../../shared/errors'

/** A refusal at a place in the pickle program. */
export function refusePickle(
  message: string,
  details: { wanted?: string; got?: string; at?: number; action?: string } = {},
): RefusedInputError {
  const { at, ...rest } = details
  return new RefusedInputError(message, { ...rest, where: at === undefined ? 'pickle' : `pickle, byte ${at}` })
}

/** What to do about objects without end, which data sets have in the place of a few tensors. */
export const stackImages = [
  'Every tensor that is saved by itself counts.',
  'Of images one by one: torch.save((torch.stack([image for image, _ in data]), torch.tensor([label for _, label in data])), path).',
].join(' ')
