/**
 * Triggered images as BackdoorBench saves them (utils/bd_dataset_v2.py, version 2): bd_test_dataset and
 * bd_train_dataset, in each a folder per class of the image as it was, in it a PNG per image, named after its place in
 * the data set.
 */
import { join } from 'node:path'
import { RefusedInputError } from '../../../../../shared/errors'
import { listPictures } from '../../datasets/files/classFolders'
import { diskTree, findPlace, type DiskTree } from '../../datasets/files/fileTree'
import { kindOf, listNames } from '../../datasets/files/namedFiles'
import type { TriggerVariant } from '../../../images/poisoning/trigger'

export const title = 'Triggered images'
export const action =
  'Name the folder in which BackdoorBench saved the attack (with attack_result.pt and bd_test_dataset), or bd_test_dataset itself.'
const folderNames: Readonly<Record<TriggerVariant, string>> = { train: 'bd_train_dataset', test: 'bd_test_dataset' }

/** A triggered image: where it lies, and the class of the image that it was made of. */
export interface TriggeredFile {
  readonly path: string
  readonly label: number
}
/** By place in the data set. */
export type TriggeredFiles = ReadonlyMap<number, TriggeredFile>

const isNumber = (name: string): boolean => /^\d{1,9}$/.test(name)
const placeOf = (name: string): number | null => {
  const [, digits] = /^(\d{1,9})\.\w+$/.exec(name) ?? []
  return digits === undefined ? null : Number(digits)
}

async function readClasses(root: DiskTree): Promise<TriggeredFiles> {
  const files = new Map<number, TriggeredFile>()
  for (const name of (await root.folders()).filter(isNumber)) {
    const folder = root.folder(name)
    for (const picture of (await listPictures(folder)).pictures) {
      const place = placeOf(picture)
      if (place === null) continue
      const twin = files.get(place)
      const path = join(folder.path, picture)
      if (twin)
        throw new RefusedInputError('An image is there twice.', {
          wanted: 'one triggered image for each place',
          got: `${twin.path} and ${path}`,
          where: root.where,
          action: 'Take the folder as the attack saved it.',
        })
      files.set(place, { path, label: Number(name) })
    }
  }
  if (files.size > 0) return files
  throw new RefusedInputError('There are no triggered images.', {
    wanted: 'a folder per class (0, 1, …) with pictures named after their places (17.png)',
    got: listNames([...(await root.folders()), ...(await root.files())]),
    where: root.where,
    action,
  })
}

/** @throws RefusedInputError where there are no triggered test images; those of training may be absent */
export async function readTriggered(folder: string): Promise<Readonly<Record<TriggerVariant, TriggeredFiles | null>>> {
  if ((await kindOf(folder, { title, action })) === 'file')
    throw new RefusedInputError('Triggered images lie in a folder.', {
      wanted: 'a folder with bd_test_dataset',
      got: 'a file',
      where: folder,
      action,
    })
  const given = diskTree(folder)
  const around = await findPlace(given, async (place) => (await place.folders()).includes(folderNames.test))
  if (around === null) return { test: await readClasses(given), train: null }
  const hasTrain = (await around.folders()).includes(folderNames.train)
  return {
    test: await readClasses(around.folder(folderNames.test)),
    train: hasTrain ? await readClasses(around.folder(folderNames.train)) : null,
  }
}
