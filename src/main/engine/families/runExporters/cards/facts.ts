/** What both cards tell of a run: rates with intervals, machines, definitions. */
import {
  defenseWorth,
  healthTitles,
  intervalText,
  percentNumber,
  precisionTitles,
  rateOf,
  stagePrecision,
  type DeviceReport,
  type RateName,
  type StageRecord,
} from '../../../../../shared/domain'
import type { FamilyId } from '../../../../../shared/schema'
import type { RunToExport, StageToExport } from '../types'
import { code, markdownTable, plain } from './markdown'

export const modelsOf = ({ stages }: Pick<RunToExport, 'stages'>): StageToExport[] =>
  stages.filter(({ record }) => record.kind !== 'data')

/** "BadNets, grid `badnet_grid`". */
export function memberWords({ member }: Pick<RunToExport, 'member'>, family: FamilyId, id: string): string {
  const title = member(family, id)?.title
  return title === undefined ? code(id) : `${plain(title)} ${code(id)}`
}

const rateWords = (stage: StageToExport, name: RateName): string => {
  const rate = rateOf(stage.record.evaluation, name)
  return rate ? `${percentNumber(rate.value)} ${intervalText(rate.interval)} (n = ${rate.images})` : '–'
}
const share = (value: number | null): string => (value === null ? '–' : percentNumber(value))

const shownRates = ['accuracy', 'asr', 'robustAccuracy'] as const

/** In percent, with Wilson's 95 % intervals over the test images of this one model. */
export function rateTable({ run, definitions }: RunToExport, models: readonly StageToExport[]): string[] {
  const titles = [...shownRates, 'der', 'rir'].map((name) => definitions[name]?.title ?? name)
  const health = (stage: StageToExport): string =>
    (stage.record.health ?? []).map(({ kind }) => healthTitles[kind]).join(', ') || stage.record.state
  return markdownTable(
    ['model', ...titles.map((title) => `${title} (%)`), 'steps', 'state'],
    models.map((stage) => {
      const { der, rir } = defenseWorth(run, stage.record)
      return [
        plain(stage.name),
        ...shownRates.map((name) => rateWords(stage, name)),
        ...[der, rir].map(share),
        String(stage.record.step),
        health(stage),
      ]
    }),
  )
}

export const definitionLines = ({ definitions }: Pick<RunToExport, 'definitions'>): string[] => [
  ...[...shownRates, 'der', 'rir'].flatMap((name) => {
    const found = definitions[name]
    return found ? [`- **${found.title}**: ${plain(found.definition)}`] : []
  }),
  '- Intervals are Wilson’s at 95 %: how far the test images tell the rate of this one model. They say nothing of other seeds.',
  '',
]

/** What computed a model, and in which precision. */
export function machineWords(record: Pick<StageRecord, 'device' | 'precision'>): string {
  const precision = `in ${precisionTitles[stagePrecision(record)]}`
  return plain([...deviceWords(record.device), precision].join(', '))
}

const deviceWords = (device: DeviceReport | undefined): string[] =>
  device
    ? [
        device.title,
        `TensorFlow ${device.tensorflow}`,
        ...(device.kind === 'cpu' ? [`${device.threads} threads`] : []),
        ...(device.cuda ? [`CUDA ${device.cuda}`] : []),
        ...(device.driver ? [`driver ${device.driver}`] : []),
      ]
    : ['not known']
