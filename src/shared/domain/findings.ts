/**
 * What is wrong with a model though it has a number: the rules, each with its reason in words. The rules with examples:
 * docs/numbers.md.
 */
import type { HealthFinding, HealthKind } from './health'
import type { ImageVariation, SyntheticImages } from './images'
import type { MetricPoint } from './metrics'
import { intervalText, rateOf, rateOfShare, type Rate } from './rates'
import type { Evaluation, StageRecord } from './run'

/** Before this share of its steps a model may answer anything: it is early in its training. */
export const settledShare = 0.25
/** A teacher that gives one answer to so many of the clean test images has collapsed. */
export const oneAnswerShare = 0.9
/** A generator has collapsed whose kept images are of one class of the teacher to this share, … */
export const oneClassShare = 0.95
/** … where there are at least so many images, … */
export const fewestImages = 16
/** … or whose pixels vary by less than this within an image, or from image to image; a fraction of their range. */
export const leastVariation = 0.02

/** What is seen while a stage works and cannot be told from its record afterwards. */
const observed: readonly HealthKind[] = ['collapsedGenerator', 'notFinite', 'stalled']

type JudgedStage = Pick<StageRecord, 'kind' | 'state' | 'step' | 'totalSteps' | 'evaluation' | 'health'>

/**
 * Everything that is wrong with a teacher or student, the gravest first; nothing of a data stage.
 * @param stage its `health` holds what was observed
 * @param poisonRatio of its run; null where the teacher came from a file and nobody knows
 */
export function findingsOf(stage: JudgedStage, { poisonRatio }: { poisonRatio: number | null }): HealthFinding[] {
  if (stage.kind === 'data') return []
  const { state, evaluation } = stage
  const seen = (stage.health ?? []).filter(({ kind }) => observed.includes(kind))
  const known = seen.filter(({ kind }) => kind !== 'stalled' || state === 'running')
  const findings = [
    ...known,
    ...(known.some(({ kind }) => kind === 'notFinite') ? [] : [notFinite(evaluation)]),
    ...(settled(stage) ? [deadStudent(stage), collapsedTeacher(stage), notPoisoned(stage, poisonRatio)] : []),
    stoppedEarly(stage),
  ].filter((finding) => finding !== null)
  const rank = ({ severity }: HealthFinding): number => (severity === 'error' ? 0 : 1)
  return findings.sort((left, right) => rank(left) - rank(right))
}

/** Of a file that was evaluated as a teacher: whether it was poisoned nobody knows. */
export const fileFindings = (evaluation: Evaluation): HealthFinding[] =>
  findingsOf({ kind: 'teacher', state: 'done', step: 0, totalSteps: null, evaluation }, { poisonRatio: null })

/** Whether its newest evaluation is late enough in its training to be judged. */
function settled({ state, step, totalSteps, evaluation }: JudgedStage): boolean {
  if (state === 'done') return true
  return totalSteps !== null && (evaluation?.step ?? step) >= settledShare * totalSteps
}

/** Not above what always answering one class gives. */
function deadStudent({ kind, evaluation }: JudgedStage): HealthFinding | null {
  const accuracy = rateOf(evaluation, 'accuracy')
  const constant = constantAccuracy(evaluation)
  if (kind !== 'student' || !evaluation || !accuracy || constant === null) return null
  if (accuracy.interval.low > constant || evaluation.notFinite === evaluation.images) return null
  const classes = evaluation.classes === undefined ? '' : ` of ${evaluation.classes}`
  const { topAnswer } = evaluation
  const answer = topAnswer ? `; ${percent(topAnswer.share)} of the images get class ${topAnswer.label}` : ''
  return {
    kind: 'deadStudent',
    severity: 'error',
    reason: `Accuracy ${words(accuracy)} is not above the ${percent(constant)} that always answering one class${classes} gives${answer}.`,
    place: 'charts',
    ...at(evaluation),
  }
}

/**
 * The accuracy of always answering the most frequent class; 1 / classes where nobody counted them, as if all were
 * alike. null where even that is not known.
 */
const constantAccuracy = (evaluation: Evaluation | null): number | null =>
  evaluation?.largestClass ?? (evaluation?.classes ? 1 / evaluation.classes : null)

function collapsedTeacher({ kind, evaluation }: JudgedStage): HealthFinding | null {
  const { topAnswer, largestClass = 0 } = evaluation ?? {}
  if (kind !== 'teacher' || !evaluation || !topAnswer || topAnswer.share < oneAnswerShare) return null
  // Of such data the right answer is one class.
  if (largestClass >= oneAnswerShare) return null
  return {
    kind: 'collapsedTeacher',
    severity: 'error',
    reason: `${percent(topAnswer.share)} of ${grouped(evaluation.images)} clean test images get class ${topAnswer.label}: from ${percent(oneAnswerShare, 0)} on a teacher has collapsed.`,
    place: 'charts',
    ...at(evaluation),
  }
}

/** Of a teacher that has ended: the ASR comes late in the training. */
function notPoisoned({ kind, state, evaluation }: JudgedStage, poisonRatio: number | null): HealthFinding | null {
  const asr = rateOf(evaluation, 'asr')
  if (kind !== 'teacher' || state === 'running' || !poisonRatio || !evaluation || !asr) return null
  const { classes, cleanTargetRate, nonTarget } = evaluation
  const without = cleanTargetRate === undefined ? null : rateOfShare(cleanTargetRate, nonTarget)
  const chance = classes ? 1 / classes : null
  const floors = [
    without && { rate: without.interval.high, words: `the ${words(without)} that get the target without the trigger` },
    chance && { rate: chance, words: `the ${percent(chance)} of guessing one of ${classes} classes` },
  ].filter((floor) => floor !== null && floor !== 0)
  const above = floors.filter(({ rate }) => asr.interval.low <= rate)
  if (above.length === 0) return null
  return {
    kind: 'teacherNotPoisoned',
    severity: 'warning',
    reason: `ASR ${words(asr)} is not above ${above.map((floor) => floor.words).join(', nor above ')}, although ${percent(poisonRatio)} of the training images carry the trigger.`,
    place: 'charts',
    ...at(evaluation),
  }
}

function notFinite(evaluation: Evaluation | null): HealthFinding | null {
  if (!evaluation?.notFinite) return null
  return {
    kind: 'notFinite',
    severity: 'error',
    reason: `The logits of ${grouped(evaluation.notFinite)} of ${grouped(evaluation.images)} clean test images are not finite.`,
    place: 'log',
    ...at(evaluation),
  }
}

function stoppedEarly({ state, step, totalSteps }: JudgedStage): HealthFinding | null {
  if (state !== 'stopped' && state !== 'interrupted') return null
  if (totalSteps !== null && step >= totalSteps) return null
  const of = totalSteps === null ? '' : ` of ${grouped(totalSteps)}`
  return {
    kind: 'stoppedEarly',
    severity: 'warning',
    reason: `It was ${state} at step ${grouped(step)}${of}: its numbers are those of a model that is not trained to its end.`,
    place: 'results',
    step,
  }
}

/** Of the images of a kept step; null where nothing is wrong with them, or it is too early to say. */
export function collapsedGenerator(
  { step, count, teacherClass, variation }: Omit<SyntheticImages, 'pixels'>,
  totalSteps: number | null,
): HealthFinding | null {
  if (totalSteps === null || step < settledShare * totalSteps || count < fewestImages) return null
  const reason = uniform(variation) ?? oneClass(teacherClass)
  return reason === null ? null : { kind: 'collapsedGenerator', severity: 'warning', reason, place: 'images', step }
}

function uniform(variation: ImageVariation | undefined): string | null {
  if (!variation) return null
  const limit = `under ${percent(leastVariation, 0)}`
  if (variation.within < leastVariation)
    return `The kept images are nearly plain: their pixels vary by ${percent(variation.within)} of the range within an image (${limit}).`
  if (variation.between < leastVariation)
    return `The kept images are nearly one image: a pixel varies by ${percent(variation.between)} of the range from image to image (${limit}).`
  return null
}

function oneClass(teacherClass: readonly number[] = []): string | null {
  const counts = new Map<number, number>()
  for (const label of teacherClass) counts.set(label, (counts.get(label) ?? 0) + 1)
  const [top] = [...counts].sort(([, left], [, right]) => right - left)
  if (!top || top[1] < oneClassShare * teacherClass.length) return null
  return `The teacher sees class ${top[0]} in ${top[1]} of ${teacherClass.length} kept images: from ${percent(oneClassShare, 0)} on a generator has collapsed.`
}

/** The first number of the training that is not finite; null of none. */
export function divergedAt(points: readonly MetricPoint[]): HealthFinding | null {
  const point = points.find(({ value }) => !Number.isFinite(value))
  if (!point) return null
  const value = Number.isNaN(point.value) ? 'not a number' : 'infinite'
  return {
    kind: 'notFinite',
    severity: 'error',
    reason: `The metric ${point.name} is ${value} at step ${grouped(point.step)}: the training has diverged.`,
    place: 'charts',
    step: point.step,
  }
}

/** @param minutes without a word from its process */
export const stalledAt = (step: number, minutes: number): HealthFinding => ({
  kind: 'stalled',
  severity: 'warning',
  reason: `Its process has said nothing for ${minutes} minutes; the last step that is known is ${grouped(step)}.`,
  place: 'log',
  step,
})

const at = ({ step }: Evaluation): { step?: number } => (step === undefined ? {} : { step })
const percent = (share: number, digits = 1): string => `${(share * 100).toFixed(digits)} %`
const grouped = (value: number): string => value.toLocaleString('en-US')
const words = ({ value, images, interval }: Rate): string =>
  `${percent(value)} ${intervalText(interval)} of ${grouped(images)} images`
