import { resolve } from 'node:path'
import { Option } from 'commander'
import type { Catalogue, ModelProgress } from '../../../shared/contract'
import {
  fileFindings,
  healthTitles,
  rateOf,
  teacherNormalizations,
  type Evaluation,
  type TeacherNormalization,
} from '../../../shared/domain'
import type { FamilyId } from '../../../shared/schema'
import { absolutePaths, dataOf } from '../configuration'
import { membersOf } from '../members'
import { collect, deviceOption, wholeNumber } from '../options'
import { duration, jsonLine, percent, printable, rateText } from '../output'
import { namedValues } from '../values'
import { defineCommand } from './command'

export interface EvaluateFlags {
  model: string
  data: string
  attack: string
  target: number
  device?: 'auto' | 'cpu' | 'gpu'
  attackParam?: string[]
  dataParam?: string[]
  architecture?: string
  architectureParam?: string[]
  normalization?: TeacherNormalization
  weights?: string
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
    command
      .requiredOption('--model <file>', 'weights with PyTorch names')
      .option('--weights <key>', 'which weights, where the file holds several networks (default: the only known one)')
      .requiredOption('--data <path>', 'a data set’s name, folder or archive')
      .requiredOption('--attack <id>', 'trigger')
      .requiredOption('--target <class>', 'target class', wholeNumber)
      .addOption(deviceOption())
      .option('--architecture <id>', 'network, where the file does not tell it')
      .option('--architecture-param <name=value>', 'parameter of that network, repeatable', collect)
      .addOption(
        new Option(
          '--normalization <kind>',
          'pixel values that the network takes (default: normalised as the data set is)',
        ).choices(teacherNormalizations),
      )
      .option('--attack-param <name=value>', 'parameter of the trigger, repeatable', collect)
      .option('--data-param <name=value>', 'parameter of the data set, repeatable', collect),
  async run({ client, output, json, recognize }, flags) {
    const catalogue = await client.call('engine.catalogue', {})
    const data = await dataOf(flags.data, catalogue, recognize)
    const { attack, architecture, target, device, normalization, weights } = flags
    const chosen = choiceFrom(catalogue)
    const file = resolve(flags.model)
    const unsubscribe = client.subscribe('model.progress', {}, (progress) => {
      if (progress.file === file) output.progress(evaluationLine(progress))
    })
    const { evaluation, warnings } = await client
      .call('model.evaluate', {
        file,
        target,
        device,
        normalization,
        weights,
        data: chosen('dataset', data, flags.dataParam),
        attack: chosen('attack', { id: attack }, flags.attackParam),
        ...(architecture === undefined
          ? {}
          : { architecture: chosen('architecture', { id: architecture }, flags.architectureParam) }),
      })
      .finally(() => {
        unsubscribe()
        output.endProgress()
      })
    for (const warning of warnings) output.tell(`warning: ${printable(warning)}`)
    output.result(json ? jsonResult(evaluation) : resultLines(evaluation))
    return 0
  },
})

/** A member with the parameters that are known of it and those given as `name=value`; paths as seen from here. */
const choiceFrom =
  (catalogue: Catalogue) =>
  (
    family: FamilyId,
    { id, params }: { id: string; params?: Record<string, unknown> },
    given: readonly string[] = [],
  ): { id: string; params: Record<string, unknown> } => {
    const schema = membersOf(catalogue, family).find((member) => member.id === id)?.params
    return {
      id,
      params: absolutePaths(schema, { ...params, ...namedValues(given, '--attack-param patchSize=5', schema) }),
    }
  }

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

/** E.g. "evaluating, 40 %, accuracy 78.9 %, ASR 99.8 %, 12 s left". */
const evaluationLine = ({ message, fraction, secondsLeft, evaluation }: ModelProgress): string =>
  `${message ?? 'evaluating'}, ${Math.floor(100 * fraction)} %${evaluation ? `, accuracy ${percent(evaluation.accuracy)}, ASR ${percent(evaluation.asr)}` : ''}${secondsLeft === null ? '' : `, ${duration(secondsLeft)} left`}`
