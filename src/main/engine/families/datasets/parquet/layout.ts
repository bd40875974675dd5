/** Which tables of a folder train and test, as the hub of Hugging Face, its converter and its library lay them out. */
import { stat } from 'node:fs/promises'
import { basename, dirname, extname, join } from 'node:path'
import { RefusedInputError } from '../../../../../shared/errors'
import { quoteFromFile } from '../../../weights/fileText'
import { findPlace, isOnDisk, type FileTree } from '../files/fileTree'
import { kindOf, listNames, openDataFolder } from '../files/namedFiles'
import type { DatasetContext, FoundData, LayoutMatch } from '../types'

export const title = 'Parquet and Arrow files'
export const action =
  'Name a folder with train-*.parquet and test-*.parquet, or one that save_to_disk wrote, with a column of pictures and one of labels, or one such file.'

type Split = 'train' | 'test' | 'validation' | 'other'

export const isParquet = (name: string): boolean => extname(name).toLowerCase() === '.parquet'
const arrowExtensions = ['.arrow', '.feather']
const isArrow = (name: string): boolean => arrowExtensions.includes(extname(name).toLowerCase())
const isTable = (name: string): boolean => isParquet(name) || isArrow(name)
const words: Readonly<Record<string, Split>> = {
  ...{ train: 'train', training: 'train' },
  ...{ test: 'test', testing: 'test', val: 'validation', valid: 'validation', validation: 'validation' },
}

/** By the first word that names one: train-00000-of-00001, cifar10_test, plain_text/train/0000. */
function splitOf(name: string): Split {
  const word = name
    .toLowerCase()
    .split(/[^a-z]+/)
    .find((part) => part in words)
  return words[word ?? ''] ?? 'other'
}

export interface ParquetLayout {
  /** Paths within the place. */
  readonly train: readonly string[]
  /** Empty where a share of each class becomes the test set. */
  readonly test: readonly string[]
  readonly notes: readonly string[]
}

/** Files directly in a folder, and in those of its folders that are named after a split. */
async function filesIn(place: FileTree): Promise<string[]> {
  const found = (await place.files()).filter(isTable)
  for (const folder of await place.folders()) {
    if (splitOf(folder) === 'other') continue
    for (const name of await place.folder(folder).files()) if (isTable(name)) found.push(join(folder, name))
  }
  // Beside one another they are the same rows twice.
  return found.some(isParquet) ? found.filter(isParquet) : found
}

/** Files without the name of a split train, where no file has one. */
function chooseFiles(files: readonly string[], where: string): ParquetLayout {
  const of = (split: Split): string[] => files.filter((name) => splitOf(name) === split)
  const [train, test, validation, other] = [of('train'), of('test'), of('validation'), of('other')]
  if (train.length === 0 && other.length === 0)
    throw new RefusedInputError('There are no training images.', {
      wanted: 'train-*.parquet',
      got: listNames(files),
      where,
      action,
    })
  const tests = test.length > 0 ? test : validation
  const unused = [...(train.length > 0 ? other : []), ...(test.length > 0 ? validation : [])]
  return {
    train: train.length > 0 ? train : other,
    test: tests,
    notes: [
      ...(test.length === 0 && validation.length > 0 ? ['There is no test set: the validation images are it.'] : []),
      ...(unused.length > 0 ? [`Files that are not used: ${listNames(unused)}.`] : []),
    ],
  }
}

const findFiles = <Tree extends FileTree>(root: Tree): Promise<Tree | null> =>
  findPlace(root, async (place) => (await filesIn(place)).length > 0)

/** The files at a path with their whole paths: one file, or those of a folder or archive. */
export async function locateParquet(path: string, context: DatasetContext): Promise<ParquetLayout> {
  if ((await kindOf(path, { title, action })) === 'file' && isTable(path)) return { train: [path], test: [], notes: [] }
  const root = await openDataFolder(path, { title, action }, context)
  const place = await findFiles(root)
  if (place === null)
    throw new RefusedInputError(`There are no ${title}.`, {
      wanted: 'files ending in .parquet or .arrow',
      got: listNames([...(await root.files()), ...(await root.folders())]),
      where: path,
      action,
    })
  const layout = chooseFiles(await filesIn(place), place.where)
  const whole = (names: readonly string[]): string[] => names.map((name) => join(place.path, name))
  return { ...layout, train: whole(layout.train), test: whole(layout.test) }
}

/** What the first training file tells of its pictures. */
type Inspect = (file: string) => Promise<{ size: number; colour: 'rgb' | 'grey' } | null>

const none = { closeness: 0, found: 'no .parquet or .arrow file', refusal: null } as const

/** By names; size and colour by the first picture of the first file. */
export async function matchParquet(
  { path, tree }: FoundData,
  inspect: Inspect,
): Promise<LayoutMatch<{ folder: string; size: number; colour: 'rgb' | 'grey' }>> {
  try {
    if (isTable(path) && (await stat(path)).isFile()) return { params: { folder: path, ...(await inspect(path)) } }
    const root = await tree()
    const place = root === null ? null : await findFiles(root)
    if (place === null) return none
    const { train } = chooseFiles(await filesIn(place), place.where)
    const first = isOnDisk(place) ? join(place.path, train[0] ?? '') : null
    return { params: { folder: path, ...(first === null ? {} : await inspect(first)) } }
  } catch (error) {
    if (!(error instanceof RefusedInputError)) return none
    return { closeness: 0.5, found: error.message.replace(/\.$/, ''), refusal: error }
  }
}

/** A name for what is read: the folder, or that around data/ and plain_text/. */
export function nameOf(path: string): string {
  const own = basename(path)
  return /^(data|plain_text|default)$/.test(own) ? basename(dirname(path)) : own
}

export const quotedName = (path: string): string => quoteFromFile(basename(path))
