/** What is left to do for sets of one's own once their images are read: test set, classes, shape, normalisation. */
import { RefusedInputError } from '../../../../../shared/errors'
import type { PictureShape } from '../../../images/decoding'
import { selectImages } from '../../../images/imageSets'
import { createYielding } from '../../../images/yielding'
import type { ImageSet } from '../../../images/types'
import { createStream } from '../../../maths/random'
import type { DatasetContext, LoadedDataset } from '../types'
import { heldOut } from './heldOut'
import { measureNormalization } from './normalization'
import { shapeImages } from './shapeImages'

export interface OwnSet {
  readonly id: string
  readonly title: string
  readonly train: ImageSet
  /** Null where a share of each class becomes it. */
  readonly test: ImageSet | null
  /** Where the files name the classes. */
  readonly classNames?: readonly string[] | undefined
  readonly notes: readonly string[]
  readonly where: string
}

interface OwnSetOptions {
  readonly shape: PictureShape
  readonly testShare: number
  readonly splitSeed: number
}

const whole = (count: number): string => count.toLocaleString('en-US')

function split(
  { id, train, test, where }: OwnSet,
  { testShare, splitSeed }: OwnSetOptions,
): { train: ImageSet; test: ImageSet; notes: string[] } {
  if (test) return { train, test, notes: [] }
  const held = heldOut(train.labels, testShare, (label) => createStream(splitSeed, `${id}/${label}`))
  const places = Array.from({ length: train.count }, (_, place) => place)
  const side = (isHeld: boolean): ImageSet =>
    selectImages(
      train,
      places.filter((place) => held.has(place) === isHeld),
    )
  const pair = { train: side(false), test: side(true) }
  if (pair.test.count === 0)
    throw new RefusedInputError('There are too few images to hold out a test set.', {
      wanted: 'at least 2 images of a class, or a test set',
      got: `${whole(train.count)} images`,
      where,
      action: 'Add images, or a test set.',
    })
  const note = `There is no test set: ${whole(pair.test.count)} of ${whole(train.count)} images, a share of each class, are it.`
  return { ...pair, notes: [note] }
}

/** Classes 0 to the largest label; those without training images are told. */
function nameClasses({ train, test, classNames, where }: OwnSet): { names: readonly string[]; notes: string[] } {
  const seen = new Set(train.labels)
  const largest = [...seen, ...(test?.labels ?? [])].reduce((most, label) => Math.max(most, label), 0)
  const names = classNames ?? Array.from({ length: largest + 1 }, (_, label) => `class ${label}`)
  if (names.length < 2 || largest >= names.length)
    throw new RefusedInputError('The labels do not make classes.', {
      wanted: classNames ? `labels from 0 to ${names.length - 1}, as the classes have names` : 'at least 2 classes',
      got: `labels up to ${largest}`,
      where,
      action: 'Check that these are the labels of the images.',
    })
  const absent = names.flatMap((_, label) => (seen.has(label) ? [] : [label]))
  const notes = [
    ...(classNames ? [] : ['The classes are numbered: the file does not name them.']),
    ...(absent.length > 0
      ? [
          `No training image has the label ${absent.slice(0, 10).join(', ')}${absent.length > 10 ? ` and ${absent.length - 10} more` : ''}${absent.join() === '0' ? ': the labels may begin at 1' : ''}.`,
        ]
      : []),
  ]
  return { names, notes }
}

function describeShaping(
  { height, width, channels }: ImageSet,
  { side, channels: wanted, fit }: PictureShape,
): string[] {
  const how = fit !== 'pad' || Math.max(height, width) > side ? 'brought to' : 'put in the middle of black images of'
  return [
    ...(height === side && width === side ? [] : [`The images of ${width}×${height} were ${how} ${side}×${side}.`]),
    ...(channels === wanted ? [] : [wanted === 3 ? 'Grey images were made RGB.' : 'RGB images were made grey.']),
  ]
}

/** @throws RefusedInputError where training and test images differ in shape, or the labels make no classes */
export async function finishOwnSet(
  set: OwnSet,
  options: OwnSetOptions,
  context: DatasetContext,
): Promise<LoadedDataset> {
  const { names, notes } = nameClasses(set)
  const sides = split(set, options)
  const shaped = async (images: ImageSet): Promise<ImageSet> => ({
    ...images,
    ...(await shapeImages(images, options.shape, context)),
  })
  const train = await shaped(sides.train)
  return {
    id: set.id,
    title: set.title,
    classNames: names,
    train,
    test: await shaped(sides.test),
    normalization: await measureNormalization(train, createYielding(context.signal)),
    notes: [...new Set([...set.notes, ...sides.notes, ...describeShaping(set.train, options.shape), ...notes])],
  }
}
