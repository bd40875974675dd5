/** Numbers per kept image as a table: its columns with their meaning, their order, and the file for spreadsheets. */
import { toCsv, type ImageNumbersArtifact } from '@shared/domain'

type ColumnName = keyof ImageNumbersArtifact['columns']

export interface NumberColumn {
  readonly name: ColumnName
  readonly title: string
  readonly definition: string
  /** Fractions of 1 are shown as percentages, classes by their names, 1 and 0 as words. */
  readonly form: 'number' | 'share' | 'class' | 'mark' | 'stage'
}

const placeDefinition =
  'Place in a plane in which images lie near each other that the teacher sees alike: UMAP of the features before its last layer. What is far apart says nothing by how far.'

/** All that there can be, in their order. */
export const numberColumns: readonly NumberColumn[] = [
  { name: 'stage', title: 'Student', definition: 'Whose synthesizer made the image.', form: 'stage' },
  { name: 'step', title: 'Step', definition: 'Pseudo batches done when the image was kept.', form: 'number' },
  { name: 'index', title: 'Place', definition: 'Place of the image in its grid, from 0.', form: 'number' },
  { name: 'teacherClass', title: 'Teacher', definition: 'The teacher’s most likely class.', form: 'class' },
  {
    name: 'teacherConfidence',
    title: 'Confidence',
    definition: 'Softmax probability that the teacher gives its class.',
    form: 'share',
  },
  { name: 'studentClass', title: 'Student’s class', definition: 'The student’s most likely class.', form: 'class' },
  {
    name: 'studentConfidence',
    title: 'Student’s confidence',
    definition: 'Softmax probability that the student gives its class.',
    form: 'share',
  },
  {
    name: 'studentKl',
    title: 'KL to student',
    definition: 'Mean over the C classes of p·(log p − log q): p the teacher’s softmax, q the student’s; in nats.',
    form: 'number',
  },
  {
    name: 'shuffledKl',
    title: 'KL to shuffled',
    definition:
      'Mean over the C classes of p·(log p − log q): p the teacher’s softmax, q that of the mean logits of the shuffled teachers; low for images that carry a trigger.',
    form: 'number',
  },
  {
    name: 'suspected',
    title: 'Suspected',
    definition: 'Whether the shuffled teachers, averaged, give the teacher’s class.',
    form: 'mark',
  },
  {
    name: 'penalty',
    title: 'Penalty',
    definition: '−c · suspected · KL to shuffled: what the image adds to the vaccine’s penalty before the mean.',
    form: 'number',
  },
  {
    name: 'correlation',
    title: 'Trigger correlation',
    definition:
      'Pearson’s correlation of the pixels with the known trigger at its place, −1 to 1. A trigger of one value is compared with a ring around it.',
    form: 'number',
  },
  { name: 'embeddingX', title: 'UMAP 1', definition: placeDefinition, form: 'number' },
  { name: 'embeddingY', title: 'UMAP 2', definition: placeDefinition, form: 'number' },
]

/** Those that were measured; the student is named where there are several. */
export const columnsOf = ({ stages, columns }: ImageNumbersArtifact): NumberColumn[] =>
  numberColumns.filter(({ name, form }) => columns[name] !== null && (form !== 'stage' || stages.length > 1))

export interface RowOrder {
  readonly name: ColumnName
  readonly descending: boolean
}

/** Places of the rows in that order; what has no value comes last. */
export function orderedRows({ columns }: ImageNumbersArtifact, { name, descending }: RowOrder): number[] {
  const values = columns[name] ?? []
  const sign = descending ? -1 : 1
  return columns.step
    .map((_, row) => row)
    .sort((left, right) => {
      const [one, two] = [values[left] ?? null, values[right] ?? null]
      if (one === null || two === null) return Number(one === null) - Number(two === null) || left - right
      return sign * (one - two) || left - right
    })
}

export const numbersCsv = (artifact: ImageNumbersArtifact): string =>
  toCsv(
    ['stageId', ...columnsOf(artifact).flatMap(({ name }) => (name === 'stage' ? [] : [name]))],
    artifact.columns.step.map((_, row) => [
      artifact.stages[artifact.columns.stage[row] ?? 0] ?? '',
      ...columnsOf(artifact).flatMap(({ name }) => (name === 'stage' ? [] : [artifact.columns[name]?.[row] ?? null])),
    ]),
  )
