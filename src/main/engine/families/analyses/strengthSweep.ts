/** What networks answer to an image as a trigger is added to it, from nothing to all of it. */
import type { Panel } from '../../../../shared/domain'
import { selectImages } from '../../images/imageSets'
import type { ImageSet } from '../../images/types'
import { logProbabilities } from './answers'
import type { AskedContext, ShuffleChoice } from './askedTypes'
import { imagesOf } from './pictures'

/** Twenty steps of 5 %. */
const strengths = Array.from({ length: 21 }, (_, index) => index / 20)

/** x + s · (trigger(x) − x), rounded to bytes, for each strength s. */
export function atStrengths(image: ImageSet, exact: ArrayLike<number>, shares: readonly number[]): ImageSet {
  const size = image.pixels.length
  const pixels = new Uint8Array(size * shares.length)
  shares.forEach((share, row) => {
    for (let place = 0; place < size; place++) {
      const clean = image.pixels[place] ?? 0
      pixels[row * size + place] = Math.max(0, Math.min(255, Math.round(clean + share * ((exact[place] ?? 0) - clean))))
    }
  })
  return { ...image, count: shares.length, pixels, labels: new Int32Array(shares.length) }
}

interface Swept {
  readonly context: AskedContext<'teacher' | 'students' | 'shuffledTeachers' | 'trigger'>
  readonly choice: ShuffleChoice
}

/** None without a trigger that can be added in parts. */
export function strengthPanels(image: ImageSet, explained: number, { context, choice }: Swept): Panel[] {
  const { trigger, teacher, students, shuffledTeachers, classNames } = context
  if (!trigger || trigger.trigger.known) return []
  const images = atStrengths(image, trigger.trigger.exact(image.pixels, 1, 'test'), strengths)
  const answers = (label: string, logits: Float32Array) => ({
    label,
    probabilities: strengths.map((_, row) => [
      ...logProbabilities(logits.subarray(row * teacher.classes, (row + 1) * teacher.classes)).map(Math.exp),
    ]),
  })
  const shuffled = shuffledTeachers?.(images, choice) ?? null
  const [first, last] = [0, strengths.length - 1].map((row) => selectImages(images, [row]).pixels)
  if (!first || !last) return []
  const ends = [
    { caption: 'Without the trigger', pixels: first },
    { caption: 'With all of it', pixels: last },
  ]
  return [
    {
      kind: 'sweep',
      title: `As ${trigger.title} is added`,
      definition:
        'Softmax probabilities for x + s·(trigger(x) − x), s from 0 to 100 %, rounded to bytes: measured every 5 %, on straight lines between. The curves are of the explained class.',
      content: {
        xTitle: 'Strength of the trigger, %',
        x: strengths.map((share) => 100 * share),
        ends: { ...imagesOf(image, ends), count: 2 },
        classes: Array.from({ length: teacher.classes }, (_, label) => classNames[label] ?? `class ${label}`),
        explained,
        networks: [
          answers('Teacher', shuffled?.teacher ?? teacher.logits(images)),
          ...students.flatMap(({ title, network }) => (network ? [answers(title, network.logits(images))] : [])),
          ...(shuffled ? [{ ...answers('Shuffled teachers', shuffled.mean), control: true }] : []),
        ],
      },
    },
  ]
}
