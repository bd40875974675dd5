/** A preset for each cell block of the published table, made from the table and the methods' own reference settings. */
import type { ExperimentPreset, MemberChoice, PublishedColumn } from '../../../../shared/domain'
import { publishedAttacks, publishedData, publishedPresetId, publishedRates } from '../../../../shared/domain'
import type { MemberDeclaration, Registry } from '../../../../shared/schema'
import { attacks } from '../../families/attacks'
import { defenses } from '../../families/defenses'
import { distillationMethods } from '../../families/distillation'

const wideResNet = (depth: number, width: number): MemberChoice => ({ id: 'wrn', params: { depth, width } })

/**
 * A member with its named settings. @throws when the settings are gone: a preset must not quietly become something else
 */
function withSettings<M extends MemberDeclaration>(registry: Registry<M>, id: string, settings: string): MemberChoice {
  const preset = registry.get(id).presets?.[settings]
  if (!preset) throw new Error(`${registry.family} ${id} has no settings called ${settings}.`)
  return { id, params: { ...preset.params } }
}

const rates = (attack: string, column: PublishedColumn): string => {
  const published = publishedRates(attack, column)
  return published ? `${(published.accuracy * 100).toFixed(1)} / ${(published.asr * 100).toFixed(1)}` : '–'
}

const picture = (attack: string): string =>
  attack === 'cl'
    ? ' The published teacher saw adversarial images that are not distributed: name such a file under the attack, or expect a weaker one.'
    : attack.startsWith('badnet')
      ? ''
      : ' For the published trigger name its picture under the attack; the built-in one differs.'

/**
 * The recipe in the name of the published teachers, target0-ratio0.1_e200-b128-sgd-lr0.1-wd0.0005-cos-holdout0.05, in
 * the loop of Trap's normal_training.py.
 */
const teacherTraining = {
  epochs: 200,
  batchSize: 128,
  keepLastBatch: false,
  schedule: 'cosine',
  scheduleStep: 'epoch',
  optimizer: 'sgd',
  learningRate: 0.1,
  momentum: 0.9,
  weightDecay: 5e-4,
  keep: 'bestAccuracy',
}

const shared = (attack: string) => ({
  data: { id: publishedData },
  attack: { id: attack },
  poisoning: { ratio: 0.1, target: 0, holdout: 0.05 },
})

function zsktPreset(attack: string): ExperimentPreset {
  const title = `Published: ${attacks.get(attack).title}, ZSKT and ABD`
  return {
    id: publishedPresetId(attack, 'zskt'),
    title,
    description: `CIFAR-10, WRN-16-2 to WRN-16-1, 80,000 pseudo batches, without defense and with both. Published accuracy / ASR: teacher ${rates(attack, 'teacher')}, ZSKT ${rates(attack, 'zskt')}, with ABD ${rates(attack, 'zskt+abd')}. Hours on a GPU, days on a CPU. Needs the CIFAR-10 files.${picture(attack)}`,
    config: {
      name: title,
      ...shared(attack),
      teacher: { architecture: wideResNet(16, 2), training: teacherTraining },
      distillation: { architecture: wideResNet(16, 1), method: withSettings(distillationMethods, 'zskt', 'cifar10') },
      students: [
        { defenses: [] },
        { defenses: [withSettings(defenses, 'sv', 'cifar10'), withSettings(defenses, 'sr', 'zskt')] },
      ],
      // The sweeps' --log_times=400 of 80,000 and --save_n_checkpoints=5.
      recording: { evaluateEvery: 200, keptCheckpoints: 5 },
    },
  }
}

function cleanKdPreset(attack: string): ExperimentPreset {
  const title = `Published: ${attacks.get(attack).title}, clean-data KD`
  return {
    id: publishedPresetId(attack, 'cleanKd'),
    title,
    description: `CIFAR-10, WRN-40-2 to WRN-16-1 with 20 % of the clean training images, the reference’s mis-scaled inputs included. Published accuracy / ASR of the student: ${rates(attack, 'cleanKd')}. Needs the CIFAR-10 files.${picture(attack)}`,
    config: {
      name: title,
      ...shared(attack),
      teacher: { architecture: wideResNet(40, 2), training: teacherTraining },
      distillation: { architecture: wideResNet(16, 1), method: withSettings(distillationMethods, 'kd', 'reference') },
      students: [{ defenses: [] }],
    },
  }
}

/** The sweeps of the reference's second program, ABD cmi/sweeps: no table of their figures is published. */
const sweptAttack = 'trojan_wm'
const sweeps = [
  {
    method: 'cmi',
    title: 'CIFAR-10, CMI as swept',
    about: '200 calls of 200 synthesis steps, 400 student steps each',
    recording: {},
  },
  {
    method: 'ood',
    title: 'CIFAR-10, one image (OoD) as swept',
    about: '300 epochs of 50,000 patches out of the built-in picture',
    recording: { evaluateEvery: 97, imagesEvery: 97, keptCheckpoints: 5 },
  },
] as const

const sweepPreset = ({ method, title, about, recording }: (typeof sweeps)[number]): ExperimentPreset => ({
  id: `cifar10-${method}`,
  title,
  description: `WRN-16-2 to WRN-16-1, ${about}; without defense, with the Shuffling Vaccine (0.1), and with both, as the reference’s sweeps set them. Hours on a GPU, days on a CPU. Needs the CIFAR-10 files.${picture(sweptAttack)}`,
  config: {
    name: title,
    ...shared(sweptAttack),
    teacher: { architecture: wideResNet(16, 2), training: teacherTraining },
    distillation: { architecture: wideResNet(16, 1), method: withSettings(distillationMethods, method, 'cifar10') },
    students: [
      { defenses: [] },
      { defenses: [withSettings(defenses, 'sv', 'cifar10')] },
      { defenses: [withSettings(defenses, 'sv', 'cifar10'), withSettings(defenses, 'sr', method)] },
    ],
    recording,
  },
})

export const sweepPresets: readonly ExperimentPreset[] = sweeps.map(sweepPreset)

export const publishedPresets: readonly ExperimentPreset[] = publishedAttacks.flatMap((attack) => [
  zsktPreset(attack),
  cleanKdPreset(attack),
])
