/** From the configuration to poisoned training images and test sets: the same function serves teacher, student and evaluation. */
import type { ExperimentConfig, MemberChoice, PoisoningPlan } from '../../../shared/domain'
import { validateParameters } from '../../../shared/schema'
import { attacks } from '../attacks'
import { datasets } from '../datasets'
import type { ImageSet, LoadedDataset, Normalization } from '../datasets/types'
import { planPoisoning, poisonTrainingSet, triggerAll } from '../poisoning'
import { createStream } from '../random'
import type { TestSets } from './evaluation'

export interface PreparedData {
  readonly dataset: LoadedDataset
  /** Poisoned part and clean hold-out, as the plan says. */
  readonly train: ImageSet
  readonly test: TestSets
  readonly normalization: Normalization
  readonly warnings: readonly string[]
  readonly poisonedCount: number
}

export interface DataRequest {
  readonly data: MemberChoice
  readonly attack: MemberChoice
  readonly seed: number
  readonly cacheFolder: string
  readonly onProgress?: (fraction: number, message: string) => void
}

export async function loadDataset(request: DataRequest): Promise<LoadedDataset> {
  const member = datasets.get(request.data.id, 'data.id')
  const { values } = validateParameters(member.params, request.data.params, 'data.params')
  return member.load(values, { cacheFolder: request.cacheFolder, onProgress: request.onProgress })
}

/** The test images as they are and with the trigger. */
export function testSetsOf(dataset: LoadedDataset, attack: MemberChoice, target: number, seed: number): TestSets {
  const member = attacks.get(attack.id, 'attack.id')
  const { values } = validateParameters(member.params, attack.params, 'attack.params')
  const { test } = dataset
  const trigger = member.create(values, { height: test.height, width: test.width, channels: test.channels, seed })
  return { clean: test, triggered: triggerAll(test, trigger), target }
}

/** Loads, poisons and pairs the sets of an experiment. */
export async function prepareData(config: ExperimentConfig, cacheFolder: string, onProgress?: DataRequest['onProgress']): Promise<PreparedData> {
  const dataset = await loadDataset({ data: config.data, attack: config.attack, seed: config.seed, cacheFolder, onProgress })
  const member = attacks.get(config.attack.id, 'attack.id')
  const { values } = validateParameters(member.params, config.attack.params, 'attack.params')
  const trigger = member.create(values, { height: dataset.train.height, width: dataset.train.width, channels: dataset.train.channels, seed: config.seed })
  const plan: PoisoningPlan = config.poisoning
  const planned = planPoisoning(dataset.train, member, plan, createStream(config.seed, 'poisoning'))
  return {
    dataset, train: poisonTrainingSet(dataset.train, planned, trigger), normalization: dataset.normalization,
    test: testSetsOf(dataset, config.attack, plan.target, config.seed), warnings: planned.warnings, poisonedCount: planned.poisoned.length,
  }
}
