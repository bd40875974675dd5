/**
 * What the fakes claim that training gives: deterministic, and as intuition has it. More poison, more ASR; the
 * Shuffling
 * Vaccine lowers it and costs a little accuracy; a blended trigger crosses to the student better than a patch.
 */
import type { ClassesArtifact } from '../../src/main/engine/families/analyses/classes'
import type { OneTestImageArtifact } from '../../src/main/engine/families/analyses/oneTestImage'
import { suspects, type SuspectMeasurements } from '../../src/main/engine/families/analyses/suspects'
import { divergenceBins, type DivergenceSample } from '../../src/main/engine/maths/losses/suspectTest'
import type { Evaluation, ExperimentConfig, MetricPoint, SyntheticImages } from '../../src/shared/domain'

/** A pseudo-random number in [0, 1) that depends on its arguments only. */
export function noise(...keys: number[]): number {
  let state = 2166136261
  for (const key of keys) {
    state = Math.imul(state ^ (Math.round(key * 1000) | 0), 16777619)
    state ^= state >>> 13
    state = Math.imul(state, 0x5bd1e995)
    state ^= state >>> 15
  }
  return (state >>> 0) / 2 ** 32
}

const clamp = (value: number): number => Math.min(1, Math.max(0, value))
/** Rises from 0 to 1 with the fraction of training done. */
const learned = (fraction: number): number => (1 - Math.exp(-4 * fraction)) / (1 - Math.exp(-4))

/** Who is trained: the teacher (null) or the student with this index. */
export type Subject = number | null

function finalRates(config: ExperimentConfig, subject: Subject): { accuracy: number; asr: number } {
  const jitter = (noise(config.seed, subject ?? -1) - 0.5) * 0.01
  const poison = 1 - Math.exp(-40 * config.poisoning.ratio)
  const teacher = { accuracy: 0.97 - 0.1 * config.poisoning.ratio + jitter, asr: 0.1 + 0.88 * poison }
  if (subject === null) return teacher
  const crossing = config.attack.id === 'blend' ? 0.9 : 0.6
  const student = { accuracy: teacher.accuracy * 0.85 + jitter, asr: 0.1 + (teacher.asr - 0.1) * crossing }
  for (const defense of config.students[subject]?.defenses ?? []) {
    if (defense.id === 'sv')
      Object.assign(student, { asr: 0.1 + (student.asr - 0.1) * 0.08, accuracy: student.accuracy - 0.03 })
    else Object.assign(student, { asr: 0.1 + (student.asr - 0.1) * 0.2, accuracy: student.accuracy - 0.02 })
  }
  return student
}

export const fakeClasses = 10

/** The evaluation after a fraction of the training. */
export function evaluationAt(config: ExperimentConfig, subject: Subject, fraction: number): Evaluation {
  const rates = finalRates(config, subject)
  const chance = 1 / fakeClasses
  const progress = learned(fraction)
  const accuracy = clamp(chance + (rates.accuracy - chance) * progress)
  const asr = clamp(chance + (rates.asr - chance) * progress)
  return {
    accuracy,
    asr,
    asrAll: clamp(asr * 0.9 + 0.1),
    robustAccuracy: clamp(accuracy * (1 - asr)),
    images: 1000,
    nonTarget: 900,
    classes: fakeClasses,
    largestClass: chance,
    topAnswer: { label: 3, share: 0.1 + 0.9 * (1 - progress) },
    cleanTargetRate: clamp((1 - accuracy) / (fakeClasses - 1)),
  }
}

/** The confusion matrices that go with an accuracy and an ASR, with and without the trigger. */
export function classesAt(config: ExperimentConfig, { accuracy, asr }: Evaluation): ClassesArtifact {
  const perClass = Array.from({ length: fakeClasses }, (_, index) =>
    clamp(accuracy + (noise(index, config.seed) - 0.5) * 0.05),
  )
  const confusion = perClass.map((rate, row) =>
    Array.from({ length: fakeClasses }, (_, column) =>
      row === column ? Math.round(rate * 100) : Math.round(((1 - rate) * 100) / 9),
    ),
  )
  const images = confusion.map((row) => row.reduce((sum, count) => sum + count, 0))
  const { target } = config.poisoning
  const triggered = confusion.map((row, label) => {
    const kept = row.map((count) => (label === target ? count : Math.round(count * (1 - (asr ?? 0)))))
    const others = kept.reduce((sum, count, column) => sum + (column === target ? 0 : count), 0)
    return kept.map((count, column) => (column === target ? (images[label] ?? 0) - others : count))
  })
  return { accuracy: perClass, confusion, images, ...(asr === null ? {} : { triggered }) }
}

/** One image and what goes with an accuracy and an ASR of it: the trigger moves it where half of its class moves. */
export function oneTestImageAt(config: ExperimentConfig, { accuracy, asr }: Evaluation): OneTestImageArtifact {
  const { target } = config.poisoning
  const trueClass = target === 0 ? 1 : 0
  const side = 8
  const pixels = Uint8Array.from({ length: 2 * side * side * 3 }, (_, place) =>
    Math.round(255 * noise(place % (side * side * 3), Math.floor(place / (side * side * 3)))),
  )
  const calledTarget = Math.round((asr ?? 0) * 100)
  const answers = [
    { label: accuracy > 0.5 ? trueClass : target, confidence: accuracy },
    { label: calledTarget > 50 ? target : trueClass, confidence: 0.9 },
  ].slice(0, asr === null ? 1 : 2)
  return {
    count: answers.length,
    height: side,
    width: side,
    channels: 3,
    pixels: Buffer.from(pixels.subarray(0, answers.length * side * side * 3)).toString('base64'),
    captions: answers.map(({ label }, place) => `${place === 0 ? 'Clean' : 'With the trigger'}: ${label}`),
    trueClass,
    answers,
    calledTarget: asr === null ? null : { images: calledTarget, of: 100 },
  }
}

/** The metrics of one step. */
export function metricsAt(config: ExperimentConfig, subject: Subject, step: number, total: number): MetricPoint[] {
  const fraction = step / total
  const wobble = 1 + (noise(step, config.seed, subject ?? -1) - 0.5) * 0.2
  const loss = (2.3 * (1 - learned(fraction)) + 0.05) * wobble
  const common: MetricPoint[] = [
    { name: 'imagesPerSecond', step, value: 400 + 20 * wobble },
    { name: 'elapsed', step, value: step * 0.5 },
    { name: 'learningRate', step, value: 0.05 * (1 + Math.cos(Math.PI * fraction)) },
  ]
  if (subject === null) {
    return [
      ...common,
      { name: 'loss', step, value: loss },
      {
        name: 'trainAccuracy',
        step,
        value: clamp(evaluationAt(config, null, fraction).accuracy * (0.98 + 0.02 * wobble)),
      },
    ]
  }
  const defended = config.students[subject]?.defenses.some((defense) => defense.id === 'sv') === true
  const sv: MetricPoint[] = defended
    ? [
        { name: 'sv.penalty', step, value: -0.4 * wobble },
        { name: 'sv.maskRate', step, value: clamp(0.3 * wobble) },
        { name: 'sv.tailRatio', step, value: clamp(0.03 * wobble) },
      ]
    : []
  return [
    ...common,
    { name: 'generatorLoss', step, value: -loss },
    { name: 'studentLoss', step, value: loss * 1.5 },
    { name: 'divergence', step, value: loss },
    { name: 'classesSeen', step, value: Math.round(4 + 6 * learned(fraction)) },
    ...sv,
  ]
}

/** A bell of 500 images around `mean` in the bins of log10 KL. */
function bell(mean: number, deviation: number): DivergenceSample {
  const { from, to, count } = divergenceBins
  const weights = Array.from({ length: count }, (_, bin) =>
    Math.exp(-0.5 * ((from + ((bin + 0.5) * (to - from)) / count - mean) / deviation) ** 2),
  )
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  return { images: 500, mean, deviation, counts: weights.map((weight) => Math.round((500 * weight) / total)) }
}

/**
 * What the Shuffling Vaccine's ensembles tell: the first is refused, the second separates triggered images. null
 * without that defense.
 */
export function suspectsAt(config: ExperimentConfig, subject: Subject, step: number): unknown {
  if (subject === null || !config.students[subject]?.defenses.some((defense) => defense.id === 'sv')) return null
  const measurements: SuspectMeasurements = {
    acceptedRatio: 0.02,
    last: { step, ratio: 0.004, limit: -3.2, images: bell(-1.1, 0.7) },
    trials: [
      {
        trial: 1,
        step: 14,
        verdict: 'refused',
        clean: bell(-1, 0.5),
        triggered: bell(-1.2, 0.6),
        auc: 0.58,
        tail: { ratio: 0.01, limit: -2.9, images: bell(-1.2, 0.6) },
      },
      {
        trial: 2,
        step: 14,
        verdict: 'accepted',
        clean: bell(-1, 0.5),
        triggered: bell(-4, 0.8),
        auc: 0.973,
        tail: { ratio: 0.034, limit: -3.1, images: bell(-1.2, 0.6) },
      },
    ],
  }
  return suspects.measure({}, { measurements } as never)
}

/** Synthetic images of a step: a colour gradient per class that grows sharper with training. */
export function imagesAt(
  config: ExperimentConfig,
  subject: number,
  step: number,
  total: number,
  count: number,
): SyntheticImages {
  const side = 32
  const pixels = new Uint8Array(count * side * side * 3)
  const teacherClass = Array.from({ length: count }, (_, index) => index % fakeClasses)
  const contrast = learned(step / total)
  for (let image = 0; image < count; image++) {
    for (let y = 0; y < side; y++) {
      for (let x = 0; x < side; x++) {
        const base = ((image * side + y) * side + x) * 3
        const hue = (image % fakeClasses) / fakeClasses
        pixels[base] = 128 + contrast * 127 * Math.sin(6.28 * hue + x / 5)
        pixels[base + 1] = 128 + contrast * 127 * Math.sin(12.56 * hue + y / 5)
        pixels[base + 2] = 255 * noise(image, Math.floor(x / 4), Math.floor(y / 4), step)
      }
    }
  }
  const confidence = (shift: number) =>
    Array.from({ length: count }, (_, index) => clamp(0.3 + 0.6 * contrast + 0.1 * noise(index, step, shift)))
  const defended = config.students[subject]?.defenses.some((defense) => defense.id === 'sv') === true
  return {
    step,
    count,
    height: side,
    width: side,
    channels: 3,
    pixels,
    teacherClass,
    teacherConfidence: confidence(1),
    studentClass: teacherClass.map((label, index) =>
      noise(index, step) < contrast ? label : (label + 1) % fakeClasses,
    ),
    studentConfidence: confidence(2),
    ...(defended
      ? { suspected: Array.from({ length: count }, (_, index) => (noise(index, step, 3) < 0.25 ? 1 : 0)) }
      : {}),
  }
}
