/** What is written below a grid of synthetic images. */
import { notablePrecision, type SyntheticImages } from '../../../../../shared/domain'
import { gridRows } from '../../../images/imageGrid'
import type { RunToExport, StageToExport } from '../types'

/** A caption as it goes into a paper, then what each image is, row by row as in the picture. */
export function captionOf(
  { run, member, product }: RunToExport,
  { record, name }: StageToExport,
  labels: Omit<SyntheticImages, 'pixels'>,
): string {
  const { step, count, height, width } = labels
  const method = member('distillation', run.method)?.title ?? run.method
  const isReal = member('distillation', run.method)?.facts.usesRealImages === true
  const attack = member('attack', run.attack)?.title ?? run.attack
  const poison = run.poisonRatio === null ? 'teacher from a file' : `poison ratio ${run.poisonRatio}`
  const names = member('dataset', run.data)?.facts.classNames
  const className = (label: number | undefined): string =>
    label === undefined ? '–' : Array.isArray(names) ? String(names[label] ?? label) : String(label)
  const confidence = (value: number | undefined): string =>
    value === undefined ? '' : ` ${(value * 100).toFixed(0)} %`
  const told = (index: number): string =>
    [
      `${className(labels.teacherClass?.[index])}${confidence(labels.teacherConfidence?.[index])}`,
      ...(labels.suspected?.[index] === 1 ? ['suspected'] : []),
    ].join(', ')
  const rows = gridRows(count).map((row, index) => `row ${index + 1}: ${row.map(told).join(' | ')}`)
  return `${[
    `${count} ${isReal ? 'real training' : 'synthetic'} images (${width} × ${height} pixels) of ${method} for the student “${name}” at pseudo batch ${step}${
      record.totalSteps === null ? '' : ` of ${record.totalSteps}`
    }. ${attack}, ${poison}, target class ${className(run.target)}; seed ${run.seed}${computedIn(record)}.`,
    '',
    `Run “${run.name}” (${run.id}), ${record.id}; ABD Workbench ${product.version}.`,
    '',
    'The teacher’s class of each image with its softmax probability, row by row:',
    ...rows,
  ].join('\n')}\n`
}

function computedIn(record: StageToExport['record']): string {
  const precision = notablePrecision(record)
  return precision === null ? '' : `; computed in ${precision}`
}
