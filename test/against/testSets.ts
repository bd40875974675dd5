/**
 * The test images of an experiment as a program in another language takes them: normalised, NCHW, float32, without and
 * with the trigger.
 *
 *   node testSets.cjs CONFIG.json FOLDER
 *
 * Writes clean.f32 and clean.labels (int32), and the same of triggered: the images that are not of the target class,
 * with the target as their label, so that the accuracy over them is the ASR.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ImageSet, Normalization } from '../../src/main/engine/images/types'
import { loadDataset, normalizationOf, testSetsOf } from '../../src/main/engine/trainer/data'
import type { ExperimentConfig } from '../../src/shared/domain'

const [configPath = '', folder = ''] = process.argv.slice(2)

function written(
  name: string,
  set: ImageSet,
  options: { norm: Normalization; labels: readonly number[] | null },
): void {
  const { norm, labels } = options
  const of = set.height * set.width
  const kept = [...set.labels.keys()].filter((index) => !labels || set.labels[index] !== labels[0])
  const planes = new Float32Array(kept.length * of * set.channels)
  kept.forEach((index, place) => {
    for (let pixel = 0; pixel < of; pixel++)
      for (let channel = 0; channel < set.channels; channel++) {
        const value = (set.pixels[(index * of + pixel) * set.channels + channel] ?? 0) / 255
        planes[(place * set.channels + channel) * of + pixel] =
          (value - (norm.mean[channel] ?? 0)) / (norm.standardDeviation[channel] ?? 1)
      }
  })
  writeFileSync(join(folder, `${name}.f32`), planes)
  writeFileSync(
    join(folder, `${name}.labels`),
    Int32Array.from(kept, (index) => labels?.[0] ?? set.labels[index] ?? 0),
  )
}

async function main(): Promise<void> {
  const config = JSON.parse(readFileSync(configPath, 'utf8')) as ExperimentConfig
  const dataset = await loadDataset({ data: config.data, cacheFolder: folder })
  const { clean, triggered, target } = await testSetsOf(dataset, config.attack, config.poisoning.target)
  const norm = normalizationOf(config, dataset)
  written('clean', clean, { norm, labels: null })
  if (triggered) written('triggered', triggered, { norm, labels: [target] })
}

main().catch((error: unknown) => {
  console.error(error)
  process.exitCode = 1
})
