/** Which column holds the pictures, which the labels, and how the classes are called. */
import { z } from 'zod'
import { RefusedInputError } from '../../../../../shared/errors'
import { quoteFromFile } from '../../../weights/fileText'
import type { TableColumn, TableFile } from '../files/tableFile'
import { action, quotedName } from './layout'

/** Hugging Face's note in the footer: what its library calls the columns' types. */
const featuresSchema = z.object({
  info: z.object({
    features: z.record(
      z.string(),
      z.looseObject({ _type: z.string().optional(), names: z.array(z.string()).max(100_000).optional() }),
    ),
  }),
})
type Features = z.infer<typeof featuresSchema>['info']['features']

function featuresOf(file: TableFile): Features {
  try {
    return featuresSchema.parse(JSON.parse(file.note('huggingface') ?? '')).info.features
  } catch {
    return {}
  }
}

export interface PictureColumns {
  readonly picture: string
  readonly label: string
  /** Null where the file does not name the classes. */
  readonly classNames: readonly string[] | null
  /** Other columns of classes; a sentence where there are any. */
  readonly note: string | null
}

const pictureNames = ['image', 'img', 'images', 'picture', 'photo', 'pixel_values']
const labelNames = ['label', 'labels', 'fine_label', 'target', 'class', 'y']

/** @param wantedLabel a column's name; empty takes the usual ones */
export function chooseColumns(file: TableFile, wantedLabel: string): PictureColumns {
  const features = featuresOf(file)
  const isPicture = ({ name, children, type }: TableColumn): boolean =>
    features[name]?._type === 'Image' ||
    children.includes('bytes') ||
    (type === 'bytes' && pictureNames.includes(name.toLowerCase()))
  const isLabel = ({ name, type }: TableColumn): boolean =>
    features[name]?._type === 'ClassLabel' || (type === 'integer' && labelNames.includes(name))
  const order = (names: readonly string[], name: string): number =>
    (names.indexOf(name) + names.length + 1) % (names.length + 1)
  const sorted = (found: TableFile['columns'], names: readonly string[]): string[] =>
    found.map(({ name }) => name).sort((a, b) => order(names, a) - order(names, b))
  const pictures = sorted(file.columns.filter(isPicture), pictureNames)
  const labels = sorted(file.columns.filter(isLabel), labelNames)
  const [picture] = pictures
  const label = wantedLabel === '' ? labels[0] : file.columns.find(({ name }) => name === wantedLabel)?.name
  if (picture === undefined || label === undefined)
    throw new RefusedInputError(`${quotedName(file.path)} lacks ${picture === undefined ? 'pictures' : 'labels'}.`, {
      wanted:
        picture === undefined
          ? 'a column of pictures, such as image or img'
          : wantedLabel === ''
            ? 'a column of whole numbers, such as label'
            : `the column ${quoteFromFile(wantedLabel)}`,
      got: file.columns.map(({ name }) => quoteFromFile(name)).join(', ') || 'no column',
      where: file.path,
      action,
    })
  const others = labels.filter((name) => name !== label)
  return {
    picture,
    label,
    classNames: features[label]?.names ?? null,
    note:
      others.length === 0
        ? null
        : `The classes are those of the column ${quoteFromFile(label)}; there are ${others.map(quoteFromFile).join(', ')} too.`,
  }
}

/** The encoded picture in a cell: bytes, or bytes and a path. Null for an empty one. */
export function pictureIn(cell: unknown): Uint8Array | null {
  if (cell instanceof Uint8Array) return cell
  const bytes = cell !== null && typeof cell === 'object' && 'bytes' in cell ? cell.bytes : null
  return bytes instanceof Uint8Array ? bytes : null
}
