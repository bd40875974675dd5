/**
 * Where a ZSKT run of ours starts, as a program in another language takes it: the student's and the generator's
 * weights, the latent codes of every pseudo batch, and the orders in which the vaccine's copies have their channels.
 *
 *   node start.cjs CONFIG.json TEACHER.pt FOLDER '{"seed": 0, "pseudoBatches": 2000, "batch": 32, "depth": 10, "width": 1,
 *                                               "layers": 5}'
 *
 * Writes student.pt and generator.pt (state dicts), codes.f32 (pseudo batches × batch × latent) and shuffles.json
 * (orders, member by member and in each layer by layer).
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createZsktGenerator } from '../../src/main/engine/families/architectures/generators/zskt'
import type { LoadedDataset } from '../../src/main/engine/families/datasets/types'
import { zsktParameters, type ZsktParameters } from '../../src/main/engine/families/distillation/zskt/parameters'
import { writeTorch } from '../../src/main/engine/families/exporters/torchArchive'
import { shuffledTeacherFields } from '../../src/main/engine/families/shuffledTeachers'
import { shuffledLayers } from '../../src/main/engine/maths/losses/shufflingVaccine'
import { createStream } from '../../src/main/engine/maths/random'
import { startTensorFlow } from '../../src/main/engine/runtime'
import { loadDataset } from '../../src/main/engine/trainer/data'
import { createClassifier, openClassifier } from '../../src/main/engine/trainer/models'
import { weightsOf } from '../../src/main/engine/weights/network'
import type { ExperimentConfig } from '../../src/shared/domain'
import { checkParameters } from '../../src/shared/schema'

interface Asked {
  readonly seed: number
  readonly pseudoBatches: number
  readonly batch: number
  readonly depth: number
  readonly width: number
  /** Of the vaccine's copies. */
  readonly layers: number
}

const [configPath = '', teacherPath = '', folder = '', options = ''] = process.argv.slice(2)
const written = (name: string): string => join(folder, name)

async function networks({ seed, depth, width }: Asked, dataset: LoadedDataset, values: ZsktParameters): Promise<void> {
  const architecture = { id: 'wrn', params: { depth, width } }
  const student = createClassifier(architecture, dataset, createStream(seed, 'initialStudent'), 'student')
  const { channels, height, width: imageWidth } = dataset.train
  const { latent, generatorWidth } = values
  const stream = createStream(seed, 'initialGenerator')
  const generator = createZsktGenerator({ latent, width: generatorWidth, channels, height, imageWidth, stream })
  await writeTorch(written('student.pt'), weightsOf(student))
  await writeTorch(written('generator.pt'), weightsOf(generator))
}

function codes(seed: number, { pseudoBatches, batchSize, latent }: ZsktParameters): void {
  const stream = createStream(seed, 'latentCodes')
  const drawn = Array.from({ length: pseudoBatches }, () => Float32Array.from(stream.normal(batchSize * latent)))
  writeFileSync(written('codes.f32'), Buffer.concat(drawn.map(({ buffer }) => Buffer.from(buffer))))
}

async function shuffles({ teacher }: ExperimentConfig, { seed, layers }: Asked, dataset: LoadedDataset): Promise<void> {
  const { classifier } = await openClassifier(teacherPath, dataset, { architecture: teacher.architecture })
  const stream = createStream(seed, 'shuffles')
  const { members } = shuffledTeacherFields
  const shuffled = shuffledLayers(classifier.parameters, layers)
  const orders = Array.from({ length: members.default }, () =>
    shuffled.map(({ variable }) => Array.from(stream.permutation(variable.shape[2] ?? 0))),
  )
  writeFileSync(written('shuffles.json'), JSON.stringify(orders.flat()))
}

async function main(): Promise<void> {
  const config = JSON.parse(readFileSync(configPath, 'utf8')) as ExperimentConfig
  const asked = JSON.parse(options) as Asked
  await startTensorFlow()
  const dataset = await loadDataset({ data: config.data, cacheFolder: folder })
  const { pseudoBatches, batch } = asked
  const { values } = checkParameters(zsktParameters, { pseudoBatches, batchSize: batch })
  await networks(asked, dataset, values)
  codes(asked.seed, values)
  await shuffles(config, asked, dataset)
}

main().catch((error: unknown) => {
  console.error(error)
  process.exitCode = 1
})
