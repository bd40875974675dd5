/** Whether triggered images out of files are those of a data set and of a target. */
import { RefusedInputError } from '../../../../../shared/errors'
import type { TriggerVariant } from '../../../images/poisoning/trigger'
import { countClasses } from '../../../images/imageSets'
import type { TriggeredFiles } from './folders'

export interface CheckedSet {
  readonly variant: TriggerVariant
  readonly files: TriggeredFiles
  /** Of the whole set. */
  readonly labels: ArrayLike<number>
  readonly target: number
  readonly folder: string
}

const whole = (count: number): string => count.toLocaleString('en-US')
const setNames: Readonly<Record<TriggerVariant, string>> = { train: 'training set', test: 'test set' }
const otherSet = 'Choose the data set that the attack was made on, whole and in its official order.'

/** Every file must stand for an image of the set: its place is there, and its class is that of the folder. */
function checkPlaces({ variant, files, labels, folder }: CheckedSet): void {
  for (const [place, { label, path }] of files) {
    if (place >= labels.length)
      throw new RefusedInputError(`The files have more images than the ${setNames[variant]}.`, {
        wanted: `places below ${whole(labels.length)}`,
        got: `place ${whole(place)}`,
        where: path,
        action: otherSet,
      })
    if (labels[place] !== label)
      throw new RefusedInputError('The triggered images are of another data set, or of another order of it.', {
        wanted: `image ${whole(place)} of class ${labels[place]}, as the ${setNames[variant]} has it`,
        got: `class ${label}`,
        where: folder,
        action: otherSet,
      })
  }
}

/** All images of the other classes are there, and none of the target's: else the rate would count clean images. */
function checkTest({ files, labels, target, folder }: CheckedSet): void {
  const classes = Math.max(...new Set(Array.from(labels)), target) + 1
  const present = countClasses(
    Array.from(files.values(), ({ label }) => label),
    classes,
  )
  const inSet = countClasses(labels, classes)
  const own = inSet.flatMap((count, label) => (count > 0 && present[label] === 0 ? [label] : []))
  if ((present[target] ?? 0) > 0)
    throw new RefusedInputError('The files were made for another target.', {
      wanted: `no triggered images of the target class ${target}`,
      got: `${whole(present[target] ?? 0)} of them`,
      where: folder,
      action:
        own.length === 1
          ? `Their target is class ${own[0]}: set it as the target class.`
          : 'They are of every class: an attack that leads each class to another has no rate for one target.',
    })
  const missing = inSet.reduce((sum, count, label) => sum + (label === target ? 0 : count - (present[label] ?? 0)), 0)
  if (missing > 0)
    throw new RefusedInputError('Triggered test images are missing.', {
      wanted: `one for each of the ${whole(labels.length - (inSet[target] ?? 0))} test images outside the target class ${target}`,
      got: `${whole(missing)} are missing${own.includes(target) ? '' : `, and class ${target} has none in the test set`}`,
      where: folder,
      action: own.length === 1 && own[0] !== target ? `Set class ${own[0]} as the target.` : otherSet,
    })
}

/** @throws RefusedInputError that says what differs */
export function checkTriggered(set: CheckedSet): void {
  checkPlaces(set)
  if (set.variant === 'test') return checkTest(set)
  if ([...set.files.values()].every(({ label }) => label === set.target))
    throw new RefusedInputError('These files poison images of the target class only.', {
      wanted: `training images outside the target class ${set.target}`,
      got: 'a clean-label attack',
      where: set.folder,
      action: 'Take the teacher from its file: its attack success rate is measured just as well.',
    })
}
