/** The trigger lint: what a researcher should know about trigger and plan before the teacher is trained. */
import type { Trigger } from '../attacks/types'
import { countClasses } from '../datasets/imageSets'
import type { ImageSet } from '../datasets/types'
import { measureTrigger } from './measure'
import type { TriggerMeasure } from './measure'
import type { PlannedPoisoning } from './plan'

export interface Finding {
  /** What was looked at; stable, for tests and filters. */
  readonly check: 'visible' | 'clipping' | 'rounding' | 'crop' | 'flip' | 'trainTest' | 'testSet' | 'poisoned' | 'files'
  /** error: the attack success rate would mean nothing. */
  readonly severity: 'info' | 'warning' | 'error'
  readonly message: string
}

export interface LintInput {
  /** Some training images as they are; a few dozen are enough. */
  readonly images: ImageSet
  /** Their places in the full training set; without it they are taken to be the first. */
  readonly indices?: ArrayLike<number>
  readonly trigger: Trigger
  readonly cleanLabel: boolean
  readonly target: number
  /** Augmentation of teacher training, which comes after the trigger. */
  readonly augmentation: { readonly crop: boolean; readonly flip: boolean }
  /** The plan and what it was made from, where the whole data set is loaded. */
  readonly plan?: { readonly planned: PlannedPoisoning; readonly trainLabels: ArrayLike<number>; readonly testLabels: ArrayLike<number>; readonly classes: number }
}

const percent = (share: number): string => `${(share * 100).toFixed(share > 0 && share < 0.1 ? 1 : 0)} %`
const whole = (count: number): string => count.toLocaleString('en-US')
const info = (check: Finding['check'], message: string): Finding => ({ check, severity: 'info', message })
const warning = (check: Finding['check'], message: string): Finding => ({ check, severity: 'warning', message })
const error = (check: Finding['check'], message: string): Finding => ({ check, severity: 'error', message })

function visibility(measure: TriggerMeasure, count: number): Finding[] {
  if (measure.unchangedImages === count) return [error('visible', 'The trigger changes no pixel of these images: nothing can be learnt from it.')]
  const size = `The trigger changes ${percent(measure.changedPixels)} of the pixels, by ${measure.meanChange.toFixed(2)} grey levels on average over the image and ${measure.largestChange} at most (PSNR ${measure.psnr.toFixed(1)} dB)`
  const findings = [info('visible', `${size}${measure.largestChange <= 8 ? ': the eye hardly sees it' : ''}.`)]
  if (measure.unchangedImages > 0) findings.push(warning('visible', `${measure.unchangedImages} of ${count} images do not change at all: the trigger is hidden in them.`))
  return findings
}

function arithmetic(measure: TriggerMeasure): Finding[] {
  const findings: Finding[] = []
  if (measure.keptByClipping < 0.995) {
    const message = `Clipping to 0…255 leaves ${percent(measure.keptByClipping)} of the change.`
    findings.push(measure.keptByClipping < 0.25 ? warning('clipping', `${message} A weaker or a blended trigger would survive better.`) : info('clipping', message))
  }
  if (measure.truncation > 0.5) findings.push(warning('rounding', `Truncation to bytes is ${percent(measure.truncation)} of the change itself: much of the trigger is lost in it.`))
  return findings
}

function augmentation(measure: TriggerMeasure, { crop, flip }: LintInput['augmentation']): Finding[] {
  const findings: Finding[] = []
  if (crop && measure.keptByCrop < 0.98) {
    const message = `Random crops keep ${percent(measure.keptByCrop)} of the trigger on average and lose nearly all of it in ${percent(measure.cropsThatLose)} of the training images.`
    findings.push(measure.cropsThatLose > 0.5 ? warning('crop', `${message} Move it away from the edge, or switch the crop off.`) : info('crop', message))
  }
  if (flip && measure.mirrorSimilarity < 0.9) {
    const message = `Random flips mirror the trigger in half of the training images, while the test images carry it as it is (similarity to its mirror image ${measure.mirrorSimilarity.toFixed(2)}).`
    findings.push(measure.mirrorSimilarity < -0.5 ? warning('flip', `${message} The two work against each other: switch the flip off.`) : info('flip', message))
  }
  return findings
}

function variants(measure: TriggerMeasure): Finding[] {
  return measure.trainTestDifference === 0
    ? [info('trainTest', 'Training and test images carry the same trigger.')]
    : [info('trainTest', `Training and test triggers differ in ${percent(measure.trainTestDifference)} of the bytes.`)]
}

function testSet(labels: ArrayLike<number>, target: number, classes: number): Finding[] {
  if (target >= classes) return [error('testSet', `The target ${target} is no class of this data set (0 to ${classes - 1}).`)]
  const perClass = countClasses(labels, classes)
  const ofTarget = perClass[target] ?? 0
  const others = labels.length - ofTarget
  if (others === 0) return [error('testSet', 'All test images belong to the target class: no attack success rate can be measured.')]
  const counted = `The attack success rate counts ${whole(others)} triggered test images; the ${whole(ofTarget)} of the target class ${target} are left out.`
  return others < 100 ? [warning('testSet', `${counted} One image is ${percent(1 / others)}.`)] : [info('testSet', counted)]
}

function poisoned({ planned, trainLabels, classes }: NonNullable<LintInput['plan']>): Finding[] {
  const findings = planned.warnings.map((message) => warning('poisoned', message))
  const count = planned.poisoned.length
  if (count === 0) return findings
  const sources = countClasses(Array.from(planned.poisoned, (index) => trainLabels[index]!), classes).filter((images) => images > 0).length
  const from = planned.cleanLabel ? 'all of the target class, labels unchanged' : `out of ${sources} ${sources === 1 ? 'class' : 'classes'}, relabelled to ${planned.target}`
  findings.push(info('poisoned', `${whole(count)} of ${whole(trainLabels.length)} training images are poisoned (${percent(count / trainLabels.length)}), ${from}; ${whole(planned.holdout.length)} are held out clean${planned.trainOnHoldout ? ' and trained on' : ''}.`))
  if (!planned.cleanLabel && sources === 1 && classes > 2) findings.push(warning('poisoned', 'All poisoned images come from one class: the teacher may learn that class instead of the trigger.'))
  if (count < 20) findings.push(warning('poisoned', `Only ${count} images are poisoned: the teacher may not learn the trigger.`))
  return findings
}

/** Findings in reading order: trigger first, then plan. Costs a few milliseconds for some dozens of images. */
export function lintTrigger(input: LintInput): Finding[] {
  const { images, trigger, plan } = input
  const measure = measureTrigger(images, trigger, input.indices ?? Array.from({ length: images.count }, (_, index) => index))
  return [
    ...trigger.notes.map((message) => info('files', message)),
    ...(images.count === 0 ? [] : [...visibility(measure, images.count), ...arithmetic(measure), ...augmentation(measure, input.augmentation), ...variants(measure)]),
    ...(plan ? [...poisoned(plan), ...testSet(plan.testLabels, input.target, plan.classes)] : []),
  ]
}
