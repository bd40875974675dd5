/** Answers the calls about TensorFlow on this machine. */
import type { CallHandlers, CallsOf } from '../../../../../shared/contract'
import { UserError } from '../../../../../shared/errors'
import type { EngineContext } from '../context'

export function runtimeHandlers({ options }: EngineContext): CallHandlers<CallsOf<'runtime'>> {
  const service = (): NonNullable<EngineContext['options']['runtime']> => {
    if (options.runtime) return options.runtime
    throw new UserError('This engine does not prepare TensorFlow.', { action: 'Run "abd runtime install".' })
  }
  return {
    'runtime.state': () => service().state(),
    'runtime.install': ({ variant }) => service().install(variant),
    'runtime.unpack': ({ file }) => service().unpack(file),
    'runtime.pause': () => service().pause(),
  }
}
