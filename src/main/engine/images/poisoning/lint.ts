/** The trigger lint: what a researcher should know about trigger and plan before the teacher is trained. */
import type { LintFinding } from '../../../../shared/domain'
import type { Trigger, TriggerVariant } from './trigger'
import { countClasses } from '../imageSets'
import type { ImageSet } from '../types'
import { measureTrigger, type TriggerMeasure } from './measure'
import type { PlannedPoisoning } from './plan'

export interface Finding extends LintFinding {
  /**
   * What was looked at; stable, for tests and filters. Every check but `files` has at least one finding; crop, flip and
   * trainTest only where a teacher is trained.
   */
  readonly check: 'visible' | 'clipping' | 'rounding' | 'crop' | 'flip' | 'trainTest' | 'testSet' | 'poisoned' | 'files'
}

export interface LintInput {
  /** Some training images as they are; a few dozen are enough. */
  readonly images: ImageSet
  /** Their places in the full training set; without it they are taken to be the first. */
  readonly indices?: ArrayLike<number>
  /** Of a trigger that knows images by their places: in which set these lie. */
  readonly known?: TriggerVariant
  readonly trigger: Trigger
  readonly cleanLabel: boolean
  readonly target: number
  /**
   * Augmentation of teacher training, which comes after the trigger; null for a teacher from a file: nothing is
   * poisoned or trained here.
   */
  readonly augmentation: { readonly crop: boolean; readonly flip: boolean } | null
  /** The plan (null for a teacher from a file) and the labels it was made from, where all labels are known. */
  readonly plan?: {
    readonly planned: PlannedPoisoning | null
    readonly trainLabels: ArrayLike<number>
    readonly testLabels: ArrayLike<number>
    readonly classes: number
  }
}

const percent = (share: number): string => `${(share * 100).toFixed(share > 0 && share < 0.1 ? 1 : 0)} %`
const whole = (count: number): string => count.toLocaleString('en-US')
const fine = (check: Finding['check'], message: string): Finding => ({ check, severity: 'ok', message })
const info = (check: Finding['check'], message: string): Finding => ({ check, severity: 'info', message })
const warning = (check: Finding['check'], message: string): Finding => ({ check, severity: 'warning', message })
const error = (check: Finding['check'], message: string): Finding => ({ check, severity: 'error', message })

function visibility(measure: TriggerMeasure, count: number): Finding[] {
  if (count === 0) return [info('visible', 'There are no images here to try the trigger on.')]
  if (measure.unchangedImages === count)
    return [error('visible', 'The trigger changes no pixel of these images: nothing can be learnt from it.')]
  const size = `The trigger changes ${percent(measure.changedPixels)} of the pixels, by ${measure.meanChange.toFixed(2)} grey levels on average over the image and ${measure.largestChange} at most (PSNR ${measure.psnr.toFixed(1)} dB)`
  const findings = [info('visible', `${size}${measure.largestChange <= 8 ? ': the eye hardly sees it' : ''}.`)]
  if (measure.unchangedImages > 0)
    findings.push(
      warning(
        'visible',
        `${measure.unchangedImages} of ${count} images do not change at all: the trigger is hidden in them.`,
      ),
    )
  return findings
}

function arithmetic(measure: TriggerMeasure): Finding[] {
  const kept = `Clipping to 0…255 leaves ${percent(measure.keptByClipping)} of the change.`
  const clipping =
    measure.keptByClipping >= 0.995
      ? fine('clipping', 'Clipping to 0…255 takes nothing of the change away.')
      : measure.keptByClipping < 0.25
        ? warning('clipping', `${kept} A weaker or a blended trigger would survive better.`)
        : info('clipping', kept)
  const lost = `Truncation to bytes is ${percent(measure.truncation)} of the change itself`
  const rounding =
    measure.truncation > 0.5
      ? warning('rounding', `${lost}: much of the trigger is lost in it.`)
      : measure.truncation === 0
        ? fine('rounding', 'The change is whole grey levels: truncation to bytes takes nothing away.')
        : fine('rounding', `${lost}: the trigger survives it.`)
  return [clipping, rounding]
}

function cropping(measure: TriggerMeasure, crop: boolean): Finding {
  if (!crop) return fine('crop', 'Teacher training does not crop: the trigger stays where it is.')
  if (measure.keptByCrop >= 0.98)
    return fine('crop', `Random crops keep ${percent(measure.keptByCrop)} of the trigger.`)
  const message = `Random crops keep ${percent(measure.keptByCrop)} of the trigger on average and lose nearly all of it in ${percent(measure.cropsThatLose)} of the training images.`
  return measure.cropsThatLose > 0.5
    ? warning('crop', `${message} Move it away from the edge, or switch the crop off.`)
    : info('crop', message)
}

function flipping(measure: TriggerMeasure, flip: boolean): Finding {
  if (!flip)
    return fine(
      'flip',
      'Teacher training does not flip: training and test images carry the trigger the same way round.',
    )
  const similarity = `similarity to its mirror image ${measure.mirrorSimilarity.toFixed(2)}`
  if (measure.mirrorSimilarity >= 0.9)
    return fine('flip', `Random flips leave the trigger much as it is (${similarity}).`)
  const message = `Random flips mirror the trigger in half of the training images, while the test images carry it as it is (${similarity}).`
  return measure.mirrorSimilarity < -0.5
    ? warning('flip', `${message} The two work against each other: switch the flip off.`)
    : info('flip', message)
}

function variants(measure: TriggerMeasure): Finding[] {
  return measure.trainTestDifference === 0
    ? [fine('trainTest', 'Training and test images carry the same trigger.')]
    : [info('trainTest', `Training and test triggers differ in ${percent(measure.trainTestDifference)} of the bytes.`)]
}

function testSet(labels: ArrayLike<number>, target: number, classes: number): Finding[] {
  if (target >= classes)
    return [error('testSet', `The target ${target} is no class of this data set (0 to ${classes - 1}).`)]
  const perClass = countClasses(labels, classes)
  const ofTarget = perClass[target] ?? 0
  const others = labels.length - ofTarget
  if (others === 0)
    return [error('testSet', 'All test images belong to the target class: no attack success rate can be measured.')]
  const counted = `The attack success rate counts ${whole(others)} triggered test images; the ${whole(ofTarget)} of the target class ${target} are left out.`
  return others < 100
    ? [warning('testSet', `${counted} One image is ${percent(1 / others)}.`)]
    : [fine('testSet', counted)]
}

function poisoned({ augmentation, plan }: LintInput): Finding[] {
  if (augmentation === null)
    return [
      info(
        'poisoned',
        'No image is poisoned here: the teacher comes from a file, and the trigger is put on test images only.',
      ),
    ]
  if (!plan?.planned) return [info('poisoned', 'How many images are poisoned is told when the data set is loaded.')]
  const { planned, trainLabels, classes } = plan
  const findings = planned.warnings.map((message) => warning('poisoned', message))
  const count = planned.poisoned.length
  if (count === 0)
    return findings.length > 0
      ? findings
      : [
          info(
            'poisoned',
            'No training image is poisoned: the teacher is trained clean, and its ASR shows chance only.',
          ),
        ]
  const sources = countClasses(
    Array.from(planned.poisoned, (index) => trainLabels[index]!),
    classes,
  ).filter((images) => images > 0).length
  const from = planned.cleanLabel
    ? 'all of the target class, labels unchanged'
    : `out of ${sources} ${sources === 1 ? 'class' : 'classes'}, relabelled to ${planned.target}`
  findings.unshift(
    info(
      'poisoned',
      `${whole(count)} of ${whole(trainLabels.length)} training images are poisoned (${percent(count / trainLabels.length)}), ${from}; ${planned.holdout.length === 0 ? 'none are held out' : `${whole(planned.holdout.length)} are held out clean${planned.trainOnHoldout ? ' and trained on' : ''}`}.`,
    ),
  )
  if (!planned.cleanLabel && sources === 1 && classes > 2)
    findings.push(
      warning(
        'poisoned',
        'All poisoned images come from one class: the teacher may learn that class instead of the trigger.',
      ),
    )
  if (count < 20)
    findings.push(warning('poisoned', `Only ${count} images are poisoned: the teacher may not learn the trigger.`))
  return findings
}

/**
 * Every question has an answer, in reading order: visible? survives clipping, rounding, crop, flip? same in train and
 * test? how many poisoned? target left out?
 * Without labels the last two say that they wait for the data. With a teacher from a file only the test images matter.
 * Costs a few milliseconds for some dozens of images.
 */
export function lintTrigger(input: LintInput): Finding[] {
  const { images, trigger, plan, augmentation } = input
  const measure = measureTrigger(
    images,
    trigger,
    input.indices ?? Array.from({ length: images.count }, (_, index) => index),
    input.known,
  )
  return [
    ...trigger.notes.map((message) => info('files', message)),
    ...visibility(measure, images.count),
    ...arithmetic(measure),
    ...(augmentation
      ? [cropping(measure, augmentation.crop), flipping(measure, augmentation.flip), ...variants(measure)]
      : []),
    ...poisoned(input),
    ...(plan
      ? testSet(plan.testLabels, input.target, plan.classes)
      : [info('testSet', 'How many test images the attack success rate counts is told when the data set is loaded.')]),
  ]
}
