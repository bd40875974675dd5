import { RefusedInputError } from '../../../shared/errors'
import { path } from '../../../shared/schema'
import { createBreather } from './breather'
import { cifarSize, readClassNames, readRecords } from './cifar/records'
import { looksLike, openNamedFiles, requireFiles } from './files/namedFiles'
import type { NamedFiles } from './files/namedFiles'
import { defineDataset } from './types'

const title = 'CIFAR-10'
const folderName = 'cifar-10-batches-bin'
const trainFiles = [1, 2, 3, 4, 5].map((batch) => `data_batch_${batch}.bin`)
const testFile = 'test_batch.bin'
const namesFile = 'batches.meta.txt'
const needed = [...trainFiles, testFile]
const layout = { labelBytes: 1, labelAt: 0, classes: 10 }
const officialRecords = 10_000
/** 400 MB: more than ten times an official batch file. */
const fileLimit = 400_000_000
const officialNames = ['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck']
const action = 'Name the folder cifar-10-batches-bin, its parent folder, or cifar-10-binary.tar.gz ("binary version" on the CIFAR page).'

function refuseOtherVersions(files: NamedFiles): void {
  const version = files.names.includes('data_batch_1') || files.names.includes('cifar-10-batches-py') ? 'Python'
    : files.names.includes('data_batch_1.mat') || files.names.includes('cifar-10-batches-mat') ? 'Matlab' : null
  if (version === null || files.names.some((name) => needed.includes(name))) return
  throw new RefusedInputError(`This is the ${version} version of CIFAR-10; the binary version is read here.`, {
    wanted: needed.join(', '), got: `the ${version} version`, where: files.where, action: 'Download cifar-10-binary.tar.gz. Its images are the same.',
  })
}

/**
 * CIFAR-10 from its official binary version, 32×32 RGB, ten classes.
 *
 * Record: 1 label byte (0–9) and 3,072 pixel bytes; the number of records comes from the file size, so that cut-down copies work.
 * Order: data_batch_1 … data_batch_5, then records as they lie, as torchvision has them; the test set is test_batch.bin.
 * Normalisation: the mean and standard deviation of the reference (zskt/datasets/datasets.py).
 */
export const cifar10 = defineDataset({
  id: 'cifar10',
  title,
  summary: '50,000 + 10,000 photographs of ten kinds of things, 32×32 RGB, from the official binary files.',
  reference: { citation: 'Krizhevsky 2009, Learning multiple layers of features from tiny images', link: 'https://www.cs.toronto.edu/~kriz/cifar.html' },
  facts: {
    classNames: officialNames, classes: 10, needsFiles: true, augmentation: { crop: true, flip: true }, licence: 'no licence stated; the authors ask to cite the report',
    sources: [{ url: 'https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz', fileName: 'cifar-10-binary.tar.gz', bytes: 170_052_171, md5: 'c32a1d4ab5d03f1284b67883e8d87530' }],
  },
  params: {
    folder: path({
      label: 'CIFAR-10 folder', default: '', select: 'fileOrFolder', extensions: ['gz', 'tgz', 'tar'],
      help: 'The folder cifar-10-batches-bin, the folder around it, or cifar-10-binary.tar.gz as downloaded. Every record is checked.',
    }),
  },
  async load(params, context) {
    const files = await openNamedFiles(params.folder, { title, folderName, files: [...needed, namesFile], action, archiveLimit: 8 * fileLimit, signal: context.signal })
    refuseOtherVersions(files)
    requireFiles(files, needed, title, action)
    const breather = createBreather(context.signal)
    const batches: { name: string; bytes: Uint8Array }[] = []
    for (const [index, name] of needed.entries()) {
      context.onProgress?.(index / needed.length, `Reading ${name}`)
      batches.push({ name, bytes: await files.read(name, fileLimit) })
    }
    const train = await readRecords(batches.slice(0, -1), layout, files.where, breather)
    const test = await readRecords(batches.slice(-1), layout, files.where, breather)
    const named = files.names.includes(namesFile)
    const notes: string[] = []
    if (!named) notes.push(`${namesFile} is absent: the official class names are used.`)
    if (train.count !== 5 * officialRecords || test.count !== officialRecords) {
      notes.push(`This copy has ${train.count.toLocaleString('en-US')} + ${test.count.toLocaleString('en-US')} images instead of 50,000 + 10,000: results on it are not results on CIFAR-10.`)
    }
    return {
      id: 'cifar10', title, train, test, notes,
      classNames: named ? readClassNames(await files.read(namesFile, 1 << 16), 10, namesFile, files.where) : officialNames,
      normalization: { mean: [0.4914, 0.4822, 0.4465], standardDeviation: [0.2023, 0.1994, 0.2010] },
    }
  },
  image: () => ({ height: cifarSize, width: cifarSize, channels: 3 }),
  async match(path) {
    return await looksLike(path, folderName, needed, /^cifar-10-binary.*\.(tar\.gz|tgz|tar)$/i) ? { folder: path } : null
  },
})
