/** What control and the process that reads data sets say to each other. */
import type { ErrorCause } from '../../../../shared/errors'
import type { DataReading } from './dataService'

/** Calls that are answered there: by name, with what they are asked for, without progress and signal. */
export interface DataQuestions {
  info: [Parameters<DataReading['info']>[0]]
  print: [Parameters<DataReading['print']>[0]]
  images: [Parameters<DataReading['images']>[0], Parameters<DataReading['images']>[1]]
  triggerPreview: [Parameters<DataReading['triggerPreview']>[0], Parameters<DataReading['triggerPreview']>[1]]
  patchPreview: [Parameters<DataReading['patchPreview']>[0], Parameters<DataReading['patchPreview']>[1]]
  recognize: [Parameters<DataReading['recognize']>[0]]
}
export type DataQuestionName = keyof DataQuestions

/** Of one name, with what belongs to it. */
export type DataQuestion = {
  [Name in DataQuestionName]: { readonly name: Name; readonly asked: DataQuestions[Name] }
}[DataQuestionName]

export type ToDataReader =
  | { readonly say: 'ask'; readonly id: number; readonly question: DataQuestion }
  | { readonly say: 'cancel'; readonly id: number }

export type FromDataReader =
  | { readonly say: 'answer'; readonly id: number; readonly value: unknown }
  | { readonly say: 'refuse'; readonly id: number; readonly causes: ErrorCause[] }
  | { readonly say: 'progress'; readonly id: number; readonly value: unknown }
  /** Every few seconds: its event loop runs. */
  | { readonly say: 'alive' }

/** Milliseconds between signs of life. */
export const aliveEvery = 2_000
