/** What a weights file holds, as a report; nothing in the file is built or run. */
import type { ModelReport } from '../../../shared/contract'
import { importCheckpoint } from '../importers'

export async function inspectModel(file: string): Promise<ModelReport> {
  const { accepted, reason, architecture, format, tensors, sha256, findings } = await importCheckpoint(file)
  return { accepted, reason, architecture, format, tensors, sha256, findings: [...findings] }
}
