/** Answers the calls about data sets. */
import type { CallHandlers, CallsOf } from '../../../../../shared/contract'
import type { EngineContext } from '../context'

export function datasetHandlers({ options, hub, resolve }: EngineContext): CallHandlers<CallsOf<'dataset'>> {
  const { data } = options
  return {
    'dataset.info': ({ config }, signal) =>
      data.info(resolve(config).config.data, (progress) => hub.emit('dataset.loading', progress), signal),
    'dataset.images': ({ config, ...wanted }, signal) => data.images(resolve(config).config.data, wanted, signal),
    'dataset.recognize': ({ path }) => data.recognize(path),
    'dataset.download': (args, signal) =>
      data.download(args, (progress) => hub.emit('dataset.progress', progress), signal),
  }
}
