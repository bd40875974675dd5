/**
 * Whether a method can be run with its parameters and these images: asked before a run is made, and by its data stage,
 * before a teacher is trained for nothing.
 */
import type { MemberChoice } from '../../../../shared/domain'
import { RefusedInputError } from '../../../../shared/errors'
import type { ParameterFault } from '../../../../shared/schema'
import type { ImageSet } from '../../images/types'
import { distillationMethods } from '.'
import type { KnownImages } from './types'

const place = 'distillation.method'

/** Where a fault of the method is mended. */
export const pathOfFault = ({ parameter }: { readonly parameter?: string | undefined }): string =>
  parameter === undefined ? `${place}.id` : `${place}.params.${parameter}`

export function methodFaults(choice: MemberChoice, images: KnownImages | undefined): readonly ParameterFault[] {
  const opened = distillationMethods.openLeniently(choice)
  return opened?.member.faults?.(opened.values, images) ?? []
}

/** @throws RefusedInputError naming the parameter; also where the method's picture cannot be read */
export async function refuseUnfitMethod(choice: MemberChoice, images: ImageSet): Promise<void> {
  const {
    member: { title, params, loadPicture },
    values,
  } = distillationMethods.open(choice, place)
  const [fault] = methodFaults(choice, images)
  if (fault) {
    throw new RefusedInputError(`${title} cannot be run like this.`, {
      wanted: fault.wanted,
      got: fault.got,
      where: pathOfFault(fault),
      action: 'Change this value, the method or the data set.',
    })
  }
  try {
    await loadPicture?.(values, images.channels)
  } catch (error) {
    throw new RefusedInputError(`The picture of ${title} cannot be used.`, {
      where: pathOfFault({ parameter: Object.keys(params).find((name) => params[name]?.kind === 'path') }),
      action: 'Choose another picture.',
      cause: error,
    })
  }
}
