/** Where an archive of images and labels lies, and what its names and headers tell. */
import { stat } from 'node:fs/promises'
import { basename, extname, join } from 'node:path'
import { RefusedInputError } from '../../../../../shared/errors'
import { quoteFromFile } from '../../../weights/fileText'
import { findPlace, isOnDisk, type DiskTree, type FileTree } from '../files/fileTree'
import { layoutOf, type ImageLayout } from '../files/imageArrays'
import { kindOf, listNames, openDataFolder } from '../files/namedFiles'
import { joinArrays, type ArrayFile } from '../files/arrayFile'
import { openNpyFolder } from '../files/npyFolder'
import { openNpz } from '../files/npz'
import type { DatasetContext, FoundData, LayoutMatch } from '../types'
import { choosePairs, findPairs, type Split, type SplitArrays } from './roles'

export const title = 'NumPy arrays'
export const action =
  'Save images and labels as numpy.savez("data.npz", x_train=…, y_train=…, x_test=…, y_test=…), or as images=…, labels=…; or each as a .npy file in one folder.'
/** 4 GB: more does not fit into memory beside a training run. */
export const memoryLimit = 4_000_000_000

/** train.npz, val.npz and test.npz, and something beside them. */
const mostArchives = 8

const isNpz = (name: string): boolean => extname(name).toLowerCase() === '.npz'
const isNpy = (name: string): boolean => extname(name).toLowerCase() === '.npy'

/** Files of arrays in a folder: archives come before arrays that lie there by themselves. */
interface Found<Tree extends FileTree> {
  readonly place: Tree
  readonly archives: readonly string[]
  readonly arrays: readonly string[]
}

async function findArrays<Tree extends FileTree>(root: Tree): Promise<Found<Tree> | null> {
  const place = await findPlace(root, async (candidate) => {
    const names = await candidate.files()
    // One array alone is no pair.
    return names.some(isNpz) || names.filter(isNpy).length > 1
  })
  const names = (await place?.files()) ?? []
  const archives = names.filter(isNpz)
  return place && { place, archives, arrays: archives.length > 0 ? [] : names.filter(isNpy) }
}

/** Arrays with the file or folder that holds them. */
export interface OpenedArrays {
  readonly file: ArrayFile
  readonly where: string
}

const openOne = async (path: string, signal?: AbortSignal): Promise<OpenedArrays> => ({
  file: await openNpz(path, { limit: memoryLimit, signal }),
  where: path,
})

async function openFound({ place, archives, arrays }: Found<DiskTree>, signal?: AbortSignal): Promise<OpenedArrays> {
  const [archive, ...others] = archives
  if (archive === undefined)
    return { file: openNpyFolder(place.path, arrays, { limit: memoryLimit, signal }), where: place.path }
  if (others.length === 0) return openOne(join(place.path, archive), signal)
  const files: { name: string; file: ArrayFile }[] = []
  try {
    for (const name of archives.slice(0, mostArchives))
      files.push({ name: basename(name, extname(name)), file: (await openOne(join(place.path, name), signal)).file })
    const file = joinArrays(files)
    if (archives.length <= mostArchives && choosePairs(findPairs(file.names).pairs)) return { file, where: place.path }
    throw new RefusedInputError('Several NumPy archives lie there.', {
      wanted: 'one .npz file with images and labels, or train.npz and test.npz',
      got: listNames(archives),
      where: place.where,
      action: 'Name one of them.',
    })
  } catch (error) {
    for (const { file } of files) file.close()
    throw error
  }
}

/** The arrays at a path: those of a .npz file, or what a folder or another archive has of .npz or .npy files. */
export async function openArrays(path: string, context: DatasetContext): Promise<OpenedArrays> {
  if ((await kindOf(path, { title, action })) === 'file') {
    if (isNpz(path)) return openOne(path, context.signal)
    if (isNpy(path)) throw oneArray(path)
  }
  const root = await openDataFolder(path, { title, action }, context)
  const found = await findArrays(root)
  if (found) return openFound(found, context.signal)
  throw new RefusedInputError('There are no NumPy arrays.', {
    wanted: 'a .npz file, or .npy files of images and labels',
    got: listNames([...(await root.files()), ...(await root.folders())]),
    where: path,
    action,
  })
}

const oneArray = (path: string): RefusedInputError =>
  new RefusedInputError(`${quoteFromFile(basename(path))} is a single array.`, {
    wanted: 'images and labels: a .npz file, or a folder with both as .npy files',
    got: 'a .npy file',
    where: path,
    action: 'Name the folder that it lies in.',
  })

export interface NpzLayout {
  readonly pairs: SplitArrays
  readonly train: Split
  readonly test: Split | null
  readonly notes: string[]
}

/** @throws RefusedInputError where the names tell no images with labels */
export function readNames({ file, where: path }: OpenedArrays): NpzLayout {
  const { pairs, unused, notes } = findPairs(file.names)
  const chosen = choosePairs(pairs)
  if (chosen === null)
    throw new RefusedInputError(`${quoteFromFile(basename(path))} does not tell images and labels by its names.`, {
      wanted: 'x_train and y_train, train_images and train_labels, images and labels, data and labels, X and y …',
      got: listNames(file.names),
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
      ...(passedOver.length > 0 ? [`Arrays that are not used: ${passedOver.map(quoteFromFile).join(', ')}.`] : []),
    ],
  }
}

/** Parameters that take the images as they are; small ones get a border to 32×32, which networks for CIFAR expect. */
function paramsFor({ height, width, channels }: ImageLayout): { size: number; colour: 'rgb' | 'grey' } {
  return { size: Math.min(256, Math.max(32, height, width)), colour: channels === 1 ? 'grey' : 'rgb' }
}

const none = { closeness: 0, found: 'no .npz file', refusal: null } as const

/** By the arrays' names; size and colour by the header of the training images. */
export async function matchNpz({
  path,
  tree,
}: FoundData): Promise<LayoutMatch<{ folder: string; size: number; colour: 'rgb' | 'grey' }>> {
  let opened: OpenedArrays | undefined
  try {
    const isFile = (isNpz(path) || isNpy(path)) && (await stat(path)).isFile()
    if (isFile && isNpy(path)) throw oneArray(path)
    const root = isFile ? null : await tree()
    const found = root && (await findArrays(root))
    if (!isFile && !found) return none
    // In another archive it cannot be looked into before that is unpacked.
    if (found && !isOnDisk(found.place)) return tellsByName(found) ? { params: { folder: path } } : none
    opened = found && isOnDisk(found.place) ? await openFound({ ...found, place: found.place }) : await openOne(path)
    const { pairs, train } = readNames(opened)
    const layout = layoutOf((await opened.file.header(pairs[train]?.images ?? '')).shape)
    return { params: { folder: path, ...(layout ? paramsFor(layout) : {}) } }
  } catch (error) {
    if (!(error instanceof RefusedInputError)) return none
    return { closeness: 0.5, found: error.message.replace(/\.$/, ''), refusal: error }
  } finally {
    opened?.file.close()
  }
}

/** Arrays by themselves have their names outside; what an archive holds is seen when it is unpacked. */
const tellsByName = ({ archives, arrays }: Pick<Found<FileTree>, 'archives' | 'arrays'>): boolean =>
  archives.length > 0 || choosePairs(findPairs(arrays.map((name) => basename(name, extname(name)))).pairs) !== null
