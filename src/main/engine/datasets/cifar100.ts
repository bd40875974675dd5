import { choice, path } from '../../../shared/schema'
import { createBreather } from './breather'
import { cifarSize, readClassNames, readRecords } from './cifar/records'
import { looksLike, openNamedFiles, requireFiles } from './files/namedFiles'
import { defineDataset } from './types'

const title = 'CIFAR-100'
const folderName = 'cifar-100-binary'
const needed = ['train.bin', 'test.bin']
/** 1.6 GB: ten times the official training file. */
const fileLimit = 1_600_000_000
const action = 'Name the folder cifar-100-binary, its parent folder, or cifar-100-binary.tar.gz ("binary version" on the CIFAR page).'
const levels = {
  fine: { labelAt: 1, classes: 100, namesFile: 'fine_label_names.txt' },
  coarse: { labelAt: 0, classes: 20, namesFile: 'coarse_label_names.txt' },
} as const

/**
 * CIFAR-100 from its official binary version, 32×32 RGB, 100 classes or their 20 groups.
 *
 * Record: coarse label byte (0–19), fine label byte (0–99), 3,072 pixel bytes; the number of records comes from the file size.
 * Normalisation: mean and standard deviation of the training images.
 */
export const cifar100 = defineDataset({
  id: 'cifar100',
  title,
  summary: '50,000 + 10,000 photographs in 100 classes or 20 groups, 32×32 RGB, from the official binary files.',
  reference: { citation: 'Krizhevsky 2009, Learning multiple layers of features from tiny images', link: 'https://www.cs.toronto.edu/~kriz/cifar.html' },
  facts: {
    needsFiles: true, augmentation: { crop: true, flip: true }, licence: 'no licence stated; the authors ask to cite the report',
    sources: [{ url: 'https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz', fileName: 'cifar-100-binary.tar.gz', bytes: 168_513_733, md5: '03b5dce01913d631647c71ecec9e9cb8' }],
  },
  params: {
    folder: path({
      label: 'CIFAR-100 folder', default: '', select: 'fileOrFolder', extensions: ['gz', 'tgz', 'tar'],
      help: 'The folder cifar-100-binary, the folder around it, or cifar-100-binary.tar.gz as downloaded. Every record is checked.',
    }),
    labels: choice({
      label: 'Labels', default: 'fine', help: 'Which of the two labels of a record is the class.',
      options: [{ value: 'fine', label: '100 classes' }, { value: 'coarse', label: '20 groups' }],
    }),
  },
  async load(params, context) {
    const { namesFile, ...level } = levels[params.labels]
    const files = await openNamedFiles(params.folder, { title, folderName, files: [...needed, namesFile], action, archiveLimit: 2 * fileLimit, signal: context.signal })
    requireFiles(files, needed, title, action)
    const breather = createBreather(context.signal)
    const layout = { labelBytes: 2, ...level }
    const read = async (name: string) => readRecords([{ name, bytes: await files.read(name, fileLimit) }], layout, files.where, breather)
    context.onProgress?.(0, 'Reading train.bin')
    const train = await read('train.bin')
    context.onProgress?.(0.8, 'Reading test.bin')
    const test = await read('test.bin')
    const named = files.names.includes(namesFile)
    const notes: string[] = []
    if (!named) notes.push(`${namesFile} is absent: classes are numbered.`)
    if (train.count !== 50_000 || test.count !== 10_000) {
      notes.push(`This copy has ${train.count.toLocaleString('en-US')} + ${test.count.toLocaleString('en-US')} images instead of 50,000 + 10,000: results on it are not results on CIFAR-100.`)
    }
    return {
      id: 'cifar100', title, train, test, notes,
      classNames: named ? readClassNames(await files.read(namesFile, 1 << 16), level.classes, namesFile, files.where) : Array.from({ length: level.classes }, (_, index) => `class ${index}`),
      normalization: { mean: [0.5071, 0.4865, 0.4409], standardDeviation: [0.2673, 0.2564, 0.2762] },
    }
  },
  image: () => ({ height: cifarSize, width: cifarSize, channels: 3 }),
  async match(path) {
    return await looksLike(path, folderName, needed, /^cifar-100-binary.*\.(tar\.gz|tgz|tar)$/i) ? { folder: path } : null
  },
})
