import { toCsv, type ModelResult, type NamedModel, type PublishedComparison } from '@shared/domain'

export interface CompareRow extends NamedModel, ModelResult {
  key: string
  published: PublishedComparison | null
}

/** The columns of the saved table. Fractions stay fractions: a spreadsheet computes with them. */
const savedColumns: Readonly<Record<string, (row: CompareRow) => string | number | null>> = {
  run: (row) => row.runId,
  name: (row) => row.runName,
  stage: (row) => row.stageId,
  kind: (row) => row.kind,
  data: (row) => row.data,
  attack: (row) => row.attack,
  method: (row) => row.method,
  defense: (row) => row.defense,
  seed: (row) => row.seed,
  state: (row) => row.state,
  accuracy: (row) => row.accuracy,
  asr: (row) => row.asr,
  'robust accuracy': (row) => row.robustAccuracy,
  DER: (row) => row.der,
  RIR: (row) => row.rir,
  'published accuracy': (row) => row.published?.accuracy ?? null,
  'published ASR': (row) => row.published?.asr ?? null,
  'settings unlike published': (row) => row.published?.otherSettings.join('; ') ?? null,
  seconds: (row) => row.seconds,
  created: (row) => new Date(row.createdAt).toISOString(),
}
export const compareCsv = (rows: readonly CompareRow[]): string =>
  toCsv(
    Object.keys(savedColumns),
    rows.map((row) => Object.values(savedColumns).map((valueOf) => valueOf(row))),
  )
