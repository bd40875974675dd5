import { RefusedInputError } from '../../../../shared/errors'
import type { ParameterFault } from '../../../../shared/schema'

/** What a check that throws says, as data. */
export function faultsOf(check: () => unknown): ParameterFault[] {
  try {
    check()
    return []
  } catch (error) {
    if (error instanceof RefusedInputError && error.wanted !== undefined)
      return [{ wanted: error.wanted, got: error.got ?? 'another value' }]
    throw error
  }
}
