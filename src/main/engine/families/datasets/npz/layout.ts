/** Where an archive of images and labels lies, and what its names and headers tell. */
import { stat } from 'node:fs/promises'
import { basename, extname, join } from 'node:path'
import { RefusedInputError } from '../../../../../shared/errors'
import { quoteFromFile } from '../../../weights/fileText'
import { findPlace, isOnDisk, type FileTree } from '../files/fileTree'
import { layoutOf, type ImageLayout } from '../files/imageArrays'
import { kindOf, listNames, openDataFolder } from '../files/namedFiles'
import { openNpz, type NpzFile } from '../files/npz'
import type { DatasetContext, FoundData, LayoutMatch } from '../types'
import { choosePairs, findPairs, type Split, type SplitArrays } from './roles'

export const title = 'NumPy archive'
export const action =
  'Save images and labels as numpy.savez("data.npz", x_train=…, y_train=…, x_test=…, y_test=…), or as images=…, labels=….'
/** 4 GB: more does not fit into memory beside a training run. */
export const memoryLimit = 4_000_000_000

const isNpz = (name: string): boolean => extname(name).toLowerCase() === '.npz'

/** The archive's place in a folder: one that holds a single .npz file. */
async function findNpz<Tree extends FileTree>(root: Tree): Promise<{ place: Tree; name: string } | null> {
  const place = await findPlace(root, async (candidate) => (await candidate.files()).some(isNpz))
  const names = (await place?.files())?.filter(isNpz) ?? []
  const [name, ...others] = names
  if (!place || name === undefined) return null
  if (others.length === 0) return { place, name }
  throw new RefusedInputError('Several NumPy archives lie there.', {
    wanted: 'one .npz file with images and labels',
    got: listNames(names),
    where: place.where,
    action: 'Name one of them.',
  })
}

/** The .npz file at a path: itself, or the only one in a folder or in another archive. */
export async function locateNpz(path: string, context: DatasetContext): Promise<string> {
  if ((await kindOf(path, { title, action })) === 'file' && isNpz(path)) return path
  const root = await openDataFolder(path, { title, action }, context)
  const found = await findNpz(root)
  if (found) return join(found.place.path, found.name)
  throw new RefusedInputError('There is no NumPy archive.', {
    wanted: 'a .npz file',
    got: listNames([...(await root.files()), ...(await root.folders())]),
    where: path,
    action,
  })
}

export interface NpzLayout {
  readonly pairs: SplitArrays
  readonly train: Split
  readonly test: Split | null
  readonly notes: string[]
}

/** @throws RefusedInputError where the names tell no images with labels */
export function readNames(file: NpzFile, path: string): NpzLayout {
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
  let file: NpzFile | undefined
  try {
    const root = isNpz(path) && (await stat(path)).isFile() ? null : await tree()
    if (root === null && !isNpz(path)) return none
    // In another archive it cannot be looked into before that is unpacked.
    if (root !== null && !isOnDisk(root)) return (await findNpz(root)) ? { params: { folder: path } } : none
    const found = root === null ? null : await findNpz(root)
    if (root !== null && found === null) return none
    const place = found ? join(found.place.path, found.name) : path
    file = await openNpz(place, { limit: memoryLimit })
    const { pairs, train } = readNames(file, place)
    const layout = layoutOf((await file.header(pairs[train]?.images ?? '')).shape)
    return { params: { folder: path, ...(layout ? paramsFor(layout) : {}) } }
  } catch (error) {
    if (!(error instanceof RefusedInputError)) return none
    return { closeness: 0.5, found: error.message.replace(/\.$/, ''), refusal: error }
  } finally {
    file?.close()
  }
}
