/** A definition as a study file, in its short forms. */
import { Document, isScalar, isSeq, type ParsedNode, type YAMLMap } from 'yaml'
import {
  ownMachine,
  type AxisValue,
  type CellCondition,
  type StudyAnalysis,
  type StudyAxis,
  type StudyDefinition,
} from '../../../../../shared/domain'
import type { MemberTable } from '../../experiments/memberTable'
import { entryOf, numbersOf } from './shortForms'

/** Reads back as the same definition. */
export function writeStudyFile(definition: StudyDefinition, table: MemberTable): string {
  const { name, note, base, axes, exclude, conditions, strategy, order, executor, priority, analyses = [] } = definition
  const plain = Object.keys(strategy.params).length === 0
  const document = new Document<YAMLMap>({
    name,
    ...(note === '' ? {} : { note }),
    ...(base.preset === undefined ? {} : { preset: base.preset }),
    ...(base.config === undefined ? {} : { config: base.config }),
    axes: Object.fromEntries(axes.map((axis) => [axis.path, axisEntry(axis, table)])),
    ...(exclude.length === 0 ? {} : { exclude: exclude.map(conditionEntry) }),
    ...(conditions.length === 0
      ? {}
      : {
          conditions: conditions.map(({ when, keep }) => ({ when: conditionEntry(when), keep: conditionEntry(keep) })),
        }),
    strategy: plain ? strategy.id : { id: strategy.id, params: strategy.params },
    ...(order === 'seedsLast' ? {} : { order }),
    ...(executor === ownMachine ? {} : { executor }),
    ...(priority === 0 ? {} : { priority }),
    ...(analyses.length === 0 ? {} : { analyses: analyses.map(analysisEntry) }),
  } as unknown as ParsedNode)
  for (const { path } of axes)
    for (const keys of [
      ['axes', path],
      ['axes', path, 'values'],
    ]) {
      const node: unknown = document.getIn(keys, true)
      if (isSeq(node) && node.items.every((item) => isScalar(item))) node.flow = true
    }
  return document.toString({ lineWidth: 110, flowCollectionPadding: false })
}

function axisEntry({ path, values, range, ...named }: StudyAxis, table: MemberTable): unknown {
  const listed = values === undefined ? undefined : listEntry(path, values, table)
  const { title, pairedAs } = named
  const alone = title === undefined && pairedAs === undefined
  if (alone && listed !== undefined && range === undefined) return listed
  return {
    ...(title === undefined ? {} : { title }),
    ...(listed === undefined ? {} : { values: listed }),
    ...(range === undefined ? {} : { range }),
    ...(pairedAs === undefined ? {} : { pairedAs }),
  }
}

/** Whole numbers one after another as "0..4". */
function listEntry(path: string, values: readonly AxisValue[], table: MemberTable): unknown {
  const [first, last] = [values[0]?.value, values.at(-1)?.value]
  if (values.length > 2 && Number.isInteger(first) && Number.isInteger(last)) {
    const text = `${String(first)}..${String(last)}`
    const numbers = Number(last) - Number(first) + 1 === values.length ? numbersOf(text) : null
    if (numbers && values.every(({ label, value }, index) => value === numbers[index] && label === String(value)))
      return text
  }
  return values.map((value) => entryOf(path, value, table))
}

const analysisEntry = ({ id, params, of }: StudyAnalysis): unknown =>
  Object.keys(params).length === 0 && of === undefined
    ? id
    : { id, ...(Object.keys(params).length === 0 ? {} : { params }), ...(of === undefined ? {} : { of }) }

const conditionEntry = (condition: CellCondition): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(condition).map(([path, labels]) => [path, labels.length === 1 ? labels[0] : [...labels]]),
  )
