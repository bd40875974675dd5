import {
  channelValuesOf,
  fileFindings,
  healthTitles,
  isKnownPixels,
  knownPixelValues,
  rateOf,
  type Evaluation,
} from '../../../shared/domain'
import { choiceFrom, fileAndData, whileItWorks, withFileOptions, type FileFlags } from '../modelFile'
import { collect, wholeNumber } from '../options'
import { jsonLine, percent, printable, rateText } from '../output'
import { defineCommand } from './command'

export interface EvaluateFlags extends FileFlags {
  attack: string
  target: number
  attackParam?: string[]
  normalization?: string
}

export const evaluate = defineCommand<EvaluateFlags>({
  name: 'evaluate',
  description: 'accuracy and ASR of a weights file',
  examples: [
    ['abd evaluate --model teacher.pt --data cifar10 --attack badnet_grid --target 0', 'accuracy and ASR'],
    [
      'abd evaluate --model teacher.pt --data ~/my-pictures --attack blend --target 3 --normalization imagenet',
      'a network made for other pixel values',
    ],
  ],
  declare: (command) =>
    withFileOptions(command)
      .requiredOption('--attack <id>', 'trigger')
      .requiredOption('--target <class>', 'target class', wholeNumber)
      .option(
        '--normalization <pixels>',
        `pixel values that the network takes: ${knownPixelValues.join(', ')}, or mean / deviation as "0.49 0.48 0.45 / 0.25 0.24 0.26" (default: as the data set is; abd pixels finds out)`,
        pixelValues,
      )
      .option('--attack-param <name=value>', 'parameter of the trigger, repeatable', collect),
  async run(context, flags) {
    const { client, output, json } = context
    const catalogue = await client.call('engine.catalogue', {})
    const { attack, target, normalization } = flags
    const subject = await fileAndData(context, catalogue, flags)
    const { evaluation, warnings } = await whileItWorks(context, { file: subject.file, doing: 'evaluating' }, () =>
      client.call('model.evaluate', {
        ...subject,
        target,
        normalization,
        attack: choiceFrom(catalogue)('attack', { id: attack }, flags.attackParam),
      }),
    )
    for (const warning of warnings) output.tell(`warning: ${printable(warning)}`)
    output.result(json ? jsonResult(evaluation) : resultLines(evaluation))
    return 0
  },
})

const rateNames = ['accuracy', 'asr', 'robustAccuracy', 'asrAll'] as const

/** Fractions of 1; `intervals`: 95 %, of the test images. */
function jsonResult(evaluation: Evaluation): string {
  const { accuracy, asr, asrAll, robustAccuracy, images, nonTarget, topAnswer, classes } = evaluation
  const intervals = Object.fromEntries(rateNames.map((name) => [name, rateOf(evaluation, name)?.interval ?? null]))
  return jsonLine({ accuracy, asr, asrAll, robustAccuracy, images, nonTarget, topAnswer, classes, intervals })
}

function resultLines(evaluation: Evaluation): string {
  const { images, nonTarget, topAnswer, classes } = evaluation
  const [accuracy, asr, robust, asrAll] = rateNames.map((name) => rateText(evaluation, name))
  return [
    `accuracy ${accuracy} of ${images} images, ASR ${asr} of ${nonTarget} triggered non-target images`,
    `robust accuracy ${robust} of the same ${nonTarget}, ASR ${asrAll} of all ${images} triggered images`,
    ...(topAnswer
      ? [
          `most frequent answer: class ${topAnswer.label} for ${percent(topAnswer.share)} of the clean images, of ${classes} classes`,
        ]
      : []),
    ...fileFindings(evaluation).map(({ kind, reason }) => `${healthTitles[kind].toLowerCase()}: ${reason}`),
  ].join('\n')
}

/** Refused here with what is wanted, before an engine is asked. */
function pixelValues(text: string): string {
  if (!isKnownPixels(text)) channelValuesOf(text)
  return text
}
