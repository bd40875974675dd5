import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { encodeTorch } from '../../../src/main/engine/exporters'
import { startTensorFlow } from '../../../src/main/engine/runtime'
import { evaluateModelFile } from '../../../src/main/engine/training/evaluateFile'
import type { TrainerReport } from '../../../src/main/engine/training/protocol'
import { acknowledgementOf } from '../../../src/shared/domain'
import { temporaryFolder, tinyExperiment } from '../../contract/support'
import { wideResNet } from '../importers/craft/files'

const folder = temporaryFolder('teacherFile')
const file = join(folder, 'teacher.pt')

beforeAll(async () => {
  await startTensorFlow()
  writeFileSync(file, Buffer.concat(encodeTorch(new Map([...wideResNet(10, 1, 10)].map(([name, tensor]) => [`module.${name}`, tensor])))))
})

/** As a run evaluates its teacher, or (null) as somebody asks for it. */
async function evaluated(acknowledged: string | null) {
  const { data, attack, poisoning, execution, teacher: { architecture } } = tinyExperiment()
  const reports: TrainerReport[] = []
  const outcome = evaluateModelFile({
    kind: 'evaluate', file, data, attack, target: poisoning.target, execution, cacheFolder: folder, ...(acknowledged === null ? { architecture: null } : { architecture, acknowledged }),
  }, () => undefined, (report) => { reports.push(report) })
  const evaluation = await outcome.catch((error: unknown) => error)
  return { evaluation, warnings: reports.flatMap((report) => report.type === 'warning' ? [report.message] : []), evaluations: reports.filter(({ type }) => type === 'evaluation').length }
}

describe('a weights file with warnings', () => {
  const warnings = ['The prefix "module." was removed from every name.']

  it('is evaluated on request, and its warnings come along', async () => {
    expect(await evaluated(null)).toMatchObject({ evaluation: { images: 50 }, warnings })
  })

  it('is no teacher of a run before its warnings were read: refused before anything is evaluated', async () => {
    expect(await evaluated('')).toMatchObject({ evaluation: { name: 'RefusedInputError', where: file }, warnings, evaluations: 0 })
    expect(await evaluated(acknowledgementOf(createHash('sha256').update(readFileSync(file)).digest('hex')))).toMatchObject({ evaluation: { images: 50 }, warnings })
  })
})
