/** The calls about data sets. */
import { z } from 'zod'
import type { DownloadedFile } from '../../domain'
import { call, config, count, imageBatch } from '../parts'

/** Images of one answer. */
const imageLimit = 512
const split = z.enum(['train', 'test'])

const info = z.object({
  id: z.string(),
  title: z.string(),
  classNames: z.array(z.string()),
  /** Numbers of images. */
  train: count,
  test: count,
  /** Pixels. */
  height: count,
  width: count,
  channels: count,
  /** Images per class, by its number. */
  trainPerClass: z.array(count),
  testPerClass: z.array(count),
  /** What the researcher should know about these files (cut-down copy, guessed names …); sentences. */
  notes: z.array(z.string()),
})
export type DatasetInfo = z.infer<typeof info>

const imageRange = z.strictObject({
  config,
  split,
  first: z.number().int().min(0).max(100_000_000),
  count: z.number().int().min(1).max(imageLimit),
})
const imagesOfClasses = z
  .strictObject({
    config,
    split,
    classes: z.array(z.number().int().min(0).max(100_000)).min(1).max(imageLimit),
    perClass: z.number().int().min(1).max(imageLimit),
  })
  .refine(({ classes, perClass }) => classes.length * perClass <= imageLimit, `wanted at most ${imageLimit} images`)

const downloaded = z.object({
  folder: z.string(),
  /** The parameters that read the files. */
  params: z.record(z.string(), z.unknown()),
  /** What each file was compared with. */
  files: z.array(
    z.object({ name: z.string(), check: z.enum(['md5', 'size', 'none']) }) satisfies z.ZodType<DownloadedFile>,
  ),
})

export const datasetCalls = {
  /** The data set that reads a folder or an archive, with the parameters for it, told by the names that are there. */
  'dataset.recognize': call({
    args: z.strictObject({ path: z.string().min(1).max(4096) }),
    result: z.object({ id: z.string(), params: z.record(z.string(), z.unknown()) }),
    paths: { read: ['path'] },
  }),
  'dataset.info': call({ args: z.strictObject({ config }), result: info, paths: { within: ['config'] } }),
  /**
   * A range in the set's order, or the first `perClass` images of each of `classes`, class by class; at most 512, fewer
   * where there are fewer.
   */
  'dataset.images': call({
    args: z.union([imageRange, imagesOfClasses]),
    result: imageBatch.extend({ labels: z.array(count) }),
    paths: { within: ['config'] },
  }),
  /**
   * Brings the official files, or a mirror's, to `folder` (empty: the product's cache). Cancelling keeps what came;
   * another call goes on there.
   */
  'dataset.download': call({
    args: z.strictObject({
      dataset: z.string().min(1).max(100),
      folder: z.string().max(4096).optional(),
      mirror: z.string().max(4096).optional(),
    }),
    result: downloaded,
    paths: { read: ['mirror'], write: ['folder'], addresses: ['mirror'] },
  }),
}
