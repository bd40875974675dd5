import { pixelTitle, rateOf } from '../../../shared/domain'
import { fileAndData, whileItWorks, withFileOptions, type FileFlags } from '../modelFile'
import { jsonLine, percent, rateText, table } from '../output'
import { defineCommand } from './command'

export const pixels = defineCommand<FileFlags>({
  name: 'pixels',
  description: 'find out which pixel values a weights file was trained on: its accuracy with each of the known ones',
  examples: [['abd pixels --model teacher.pt --data cifar10', 'then: abd evaluate … --normalization NAME']],
  declare: withFileOptions,
  async run(context, flags) {
    const { client, output, json } = context
    const subject = await fileAndData(context, await client.call('engine.catalogue', {}), flags)
    const { trials } = await whileItWorks(context, { file: subject.file, doing: 'trying pixel values' }, () =>
      client.call('model.findPixels', subject),
    )
    output.result(
      json
        ? jsonLine({
            trials: trials.map(({ pixels: name, evaluation }) => ({
              normalization: name,
              accuracy: evaluation.accuracy,
              interval: rateOf(evaluation, 'accuracy')?.interval ?? null,
              images: evaluation.images,
              topAnswer: evaluation.topAnswer ?? null,
            })),
          })
        : table(
            trials.map(({ pixels: name, evaluation }) => [
              name,
              `accuracy ${rateText(evaluation, 'accuracy')} of ${evaluation.images} images`,
              evaluation.topAnswer
                ? `class ${evaluation.topAnswer.label} for ${percent(evaluation.topAnswer.share)}`
                : '',
              pixelTitle(name),
            ]),
          ),
    )
    return 0
  },
})
