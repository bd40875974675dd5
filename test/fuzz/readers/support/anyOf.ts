import { RefusedInputError } from '../../../../src/shared/errors'

/** Each of several tries; refused where all of them are. */
export async function anyOf(...tries: readonly (() => Promise<unknown>)[]): Promise<void> {
  let refusal: unknown = null
  let read = false
  for (const attempt of tries) {
    try {
      await attempt()
      read = true
    } catch (error) {
      if (!(error instanceof RefusedInputError)) throw error
      refusal = error
    }
  }
  if (!read) throw refusal
}
