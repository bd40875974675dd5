/** Where arrays of images and labels lie, and what their names and headers tell. */
import { stat } from 'node:fs/promises'
import { basename, extname, join } from 'node:path'
import { RefusedInputError } from '../../../../../shared/errors'
import { quoteFromFile } from '../../../weights/fileText'
import { findPlace, isOnDisk, type DiskTree, type FileTree } from '../files/fileTree'
import { layoutOf, type ImageLayout } from '../files/imageArrays'
import { kindOf, listNames, openDataFolder } from '../files/namedFiles'
import { joinArrays, type ArrayFile, type ArrayOptions } from '../files/arrayFile'
import type { DatasetContext, FoundData, LayoutMatch } from '../types'
import { choosePairs, findPairs, namesTraining, type Split, type SplitArrays } from './roles'

/** A kind of files that named arrays come in. */
export interface ArrayFormat {
  readonly title: string
  readonly action: string
  /** "a .npz file, or .npy files of images and labels" */
  readonly wanted: string
  /** False of files that often hold something else, so that one alone says little of the folder around it. */
  readonly holdsDataAlone: boolean
  /** Whether a file of this name holds arrays with names. */
  isArchive(name: string): boolean
  open(path: string, options: ArrayOptions): Promise<ArrayFile>
  /** Files of one array each, named by the file, where the format has such. */
  readonly single?: {
    matches(name: string): boolean
    open(folder: string, files: readonly string[], options: ArrayOptions): ArrayFile
  }
}

/** 4 GB: more does not fit into memory beside a training run. */
const limit = 4_000_000_000

/** train.npz, val.npz and test.npz, and something beside them. */
const mostArchives = 8

const withoutExtension = (name: string): string => basename(name, extname(name))

/** Files of arrays in a folder: archives come before arrays that lie there by themselves. */
interface Found<Tree extends FileTree> {
  readonly place: Tree
  readonly archives: readonly string[]
  readonly arrays: readonly string[]
}

const isSingle = (name: string, { single }: ArrayFormat): boolean => single?.matches(name) === true

async function findArrays<Tree extends FileTree>(root: Tree, format: ArrayFormat): Promise<Found<Tree> | null> {
  const place = await findPlace(root, async (candidate) => {
    const names = await candidate.files()
    // One array alone is no pair.
    return names.some((name) => format.isArchive(name)) || names.filter((name) => isSingle(name, format)).length > 1
  })
  const names = (await place?.files()) ?? []
  const archives = names.filter((name) => format.isArchive(name))
  return place && { place, archives, arrays: archives.length > 0 ? [] : names.filter((name) => isSingle(name, format)) }
}

/** Arrays with the file or folder that holds them. */
export interface OpenedArrays {
  readonly file: ArrayFile
  readonly where: string
}

/** Where to look, of what kind, and until when. */
interface Opening {
  readonly format: ArrayFormat
  readonly signal?: AbortSignal | undefined
}

async function openOne(path: string, { format, signal }: Opening): Promise<OpenedArrays> {
  try {
    return { file: await format.open(path, { limit, signal }), where: path }
  } catch (error) {
    throw withFile(error, path)
  }
}

/** Readers of checkpoints, who have one file before them, do not say which. */
function withFile(error: unknown, path: string): unknown {
  if (!(error instanceof RefusedInputError) || error.where?.includes(path)) return error
  const { message, wanted, got, where, action } = error
  const details = Object.entries({ wanted, got, action }).filter(([, text]) => text !== undefined)
  return new RefusedInputError(message, {
    ...(Object.fromEntries(details) as Record<string, string>),
    where: where === undefined ? path : `${path}: ${where}`,
    cause: error,
  })
}

async function openFound({ place, archives, arrays }: Found<DiskTree>, opening: Opening): Promise<OpenedArrays> {
  const [archive, ...others] = archives
  const { single } = opening.format
  if (archive === undefined && single)
    return { file: single.open(place.path, arrays, { limit, signal: opening.signal }), where: place.path }
  if (archive !== undefined && others.length === 0) return openOne(join(place.path, archive), opening)
  const files: { name: string; file: ArrayFile }[] = []
  try {
    for (const name of archives.slice(0, mostArchives))
      files.push({ name: withoutExtension(name), file: (await openOne(join(place.path, name), opening)).file })
    const file = joinArrays(files)
    if (archives.length <= mostArchives && choosePairs(findPairs(file.names).pairs)) return { file, where: place.path }
    throw new RefusedInputError(`Several files of ${opening.format.title} lie there.`, {
      wanted: 'one with images and labels, or one each for training and test',
      got: listNames(archives),
      where: place.where,
      action: 'Name one of them.',
    })
  } catch (error) {
    for (const { file } of files) file.close()
    throw error
  }
}

/** The arrays at a path: those of a file, or what a folder or another archive has of such files. */
export async function openArrays(path: string, format: ArrayFormat, context: DatasetContext): Promise<OpenedArrays> {
  const opening = { format, signal: context.signal }
  if ((await kindOf(path, format)) === 'file') {
    if (format.isArchive(path)) return openOne(path, opening)
    if (isSingle(path, format)) throw oneArray(path)
  }
  const root = await openDataFolder(path, format, context)
  const found = await findArrays(root, format)
  if (found) return openFound(found, opening)
  throw new RefusedInputError(`There are no ${format.title}.`, {
    wanted: format.wanted,
    got: listNames([...(await root.files()), ...(await root.folders())]),
    where: path,
    action: format.action,
  })
}

const oneArray = (path: string): RefusedInputError =>
  new RefusedInputError(`${quoteFromFile(basename(path))} is a single array.`, {
    wanted: 'images and labels in one file, or a folder with a file for each',
    got: `a ${extname(path)} file`,
    where: path,
    action: 'Name the folder that it lies in.',
  })

/** Which arrays are images and labels. */
export interface ArrayLayout {
  readonly pairs: SplitArrays
  readonly train: Split
  readonly test: Split | null
  readonly notes: string[]
}

/** @throws RefusedInputError where the names tell no images with labels */
export function readNames({ file, where: path }: OpenedArrays, { action }: Pick<ArrayFormat, 'action'>): ArrayLayout {
  const { pairs, unused, notes } = findPairs(file.names)
  const chosen = choosePairs(pairs)
  if (chosen === null)
    throw new RefusedInputError(`${quoteFromFile(basename(path))} does not tell images and labels by its names.`, {
      wanted: 'x_train and y_train, train_images and train_labels, images and labels, data and labels, X and y …',
      got: file.names.length === 0 ? 'no array by name' : listNames(file.names),
      where: path,
      action,
    })
  const passedOver = [...unused, ...chosen.unused.flatMap((split) => Object.values(pairs[split] ?? {}))]
  const { train, test } = chosen
  return {
    pairs,
    train,
    test,
    notes: [
      ...notes,
      ...(test === 'validation' ? ['There is no test set: the validation images are it.'] : []),
      ...(passedOver.length > 0 ? [`Arrays that are not used: ${listNames(passedOver)}.`] : []),
    ],
  }
}

/** Parameters that take the images as they are; small ones get a border to 32×32, which networks for CIFAR expect. */
function paramsFor({ height, width, channels }: ImageLayout): { size: number; colour: 'rgb' | 'grey' } {
  return { size: Math.min(256, Math.max(32, height, width)), colour: channels === 1 ? 'grey' : 'rgb' }
}

/** By the arrays' names; size and colour by the header of the training images. */
export async function matchArrays(
  { path, tree }: FoundData,
  format: ArrayFormat,
): Promise<LayoutMatch<{ folder: string; size: number; colour: 'rgb' | 'grey' }>> {
  const none = { closeness: 0, found: `no ${format.title}`, refusal: null } as const
  let opened: OpenedArrays | undefined
  let isFile = false
  try {
    isFile = (format.isArchive(path) || isSingle(path, format)) && (await stat(path)).isFile()
    if (isFile && isSingle(path, format)) throw oneArray(path)
    const root = isFile ? null : await tree()
    const found = root && (await findArrays(root, format))
    if (!isFile && !found) return none
    // In another archive it cannot be looked into before that is unpacked.
    if (found && !isOnDisk(found.place)) return tellsByName(found, format) ? { params: { folder: path } } : none
    opened = await (found && isOnDisk(found.place)
      ? openFound({ ...found, place: found.place }, { format })
      : openOne(path, { format }))
    const { pairs, train } = readNames(opened, format)
    const layout = layoutOf((await opened.file.header(pairs[train]?.images ?? '')).shape)
    return { params: { folder: path, ...(layout ? paramsFor(layout) : {}) } }
  } catch (error) {
    if (!(error instanceof RefusedInputError)) return none
    const sure = isFile || format.holdsDataAlone
    return { closeness: sure ? 0.5 : 0.4, found: error.message.replace(/\.$/, ''), refusal: error }
  } finally {
    opened?.file.close()
  }
}

/** Arrays by themselves have their names outside; what an archive holds is seen when it is unpacked. */
function tellsByName({ archives, arrays }: Omit<Found<FileTree>, 'place'>, { holdsDataAlone }: ArrayFormat): boolean {
  if (archives.length === 0) return choosePairs(findPairs(arrays.map(withoutExtension)).pairs) !== null
  return holdsDataAlone || archives.some((name) => namesTraining(withoutExtension(name)))
}
