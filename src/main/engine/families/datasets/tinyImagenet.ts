import { choice, path } from '../../../../shared/schema'
import { archiveExtensions } from './files/archives'
import { openDataFolder } from './files/namedFiles'
import { readPictureSets } from './files/pictureSets'
import { action, classes, matchTinyImagenet, readTinyImagenet, title } from './tinyImagenet/layout'
import { defineDataset } from './types'

/** Raised when decoding or resizing changes. */
const version = 1
const trainImages = 100_000
const testImages = 10_000

/**
 * Tiny-ImageNet: photographs of 200 classes of ImageNet, 64×64 RGB.
 *
 * Layout: train/<WordNet id>/images/*.JPEG, val/images/*.JPEG with val/val_annotations.txt (or val/<WordNet id>),
 * words.txt. The validation images are the test set, as everywhere: the labels of those in "test" were not published.
 * Classes are in the order of their WordNet ids, as torchvision's ImageFolder has them; their names are the first words
 * of words.txt. Normalisation: mean and standard deviation that BackdoorBench uses
 * (utils/aggregate_block/dataset_and_transform_generate.py).
 */
export const tinyImagenet = defineDataset({
  id: 'tiny_imagenet',
  title,
  summary: '100,000 + 10,000 photographs in 200 classes of ImageNet, 64×64 RGB.',
  reference: {
    citation: 'Le, Yang 2015, Tiny ImageNet visual recognition challenge',
    link: 'http://vision.stanford.edu/teaching/cs231n/reports/2015/pdfs/yle_project.pdf',
  },
  facts: {
    classes,
    needsFiles: true,
    augmentation: { crop: true, flip: true },
    licence: 'that of ImageNet: for non-commercial research and education',
    sources: [
      {
        url: 'http://cs231n.stanford.edu/tiny-imagenet-200.zip',
        fileName: 'tiny-imagenet-200.zip',
        bytes: 248_100_043,
        md5: '90528d7ca1a48142e341f4ef8d21d0de',
      },
    ],
  },
  params: {
    folder: path({
      label: 'Tiny-ImageNet folder',
      default: '',
      select: 'fileOrFolder',
      extensions: archiveExtensions,
      help: 'The folder tiny-imagenet-200 (with train, val and words.txt), a folder around it, or its .zip as downloaded.',
    }),
    size: choice({
      label: 'Image size',
      default: '64',
      help: 'The photographs are 64×64; 32×32 fits networks and generators for CIFAR.',
      options: [
        { value: '64', label: '64×64, as it is' },
        { value: '32', label: '32×32' },
      ],
    }),
  },
  trainPerClass: () => Array.from({ length: classes }, () => trainImages / classes),
  image: ({ size }) => ({ height: Number(size), width: Number(size), channels: 3 }),
  async load(params, context) {
    const root = await openDataFolder(params.folder, { title, action }, context)
    const { names, lists, ...pictures } = await readTinyImagenet(root)
    const sets = {
      ...pictures,
      shape: { side: Number(params.size), channels: 3, fit: 'fill' },
      where: params.folder,
    } as const
    const { train, test } = await readPictureSets(sets, { id: 'tiny_imagenet', version, lists }, context)
    const official = train.count === trainImages && test.count === testImages && names.length === classes
    return {
      id: 'tiny_imagenet',
      title,
      classNames: names,
      train,
      test,
      normalization: { mean: [0.4802, 0.4481, 0.3975], standardDeviation: [0.2302, 0.2265, 0.2262] },
      notes: official
        ? []
        : [
            `This copy has ${train.count.toLocaleString('en-US')} + ${test.count.toLocaleString('en-US')} images in ${names.length} classes instead of 100,000 + 10,000 in 200: results on it are not results on ${title}.`,
          ],
    }
  },
  match: matchTinyImagenet,
})
