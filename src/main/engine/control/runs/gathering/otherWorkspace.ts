/** The runs of another workspace as the copies of their records tell them: its database is another engine's. */
import { readdir, realpath } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { z } from 'zod'
import { RefusedInputError } from '../../../../../shared/errors'
import { bytesText, readWhole } from '../../../weights/byteSource'
import { splitRun, type MirroredArtifact } from '../../store/artifacts'
import type { RunToKeep } from '../../store'

/** A run of a thousand stages with all that was found of them has some MB. */
const recordLimit = 64_000_000
const name = /^[\w-]{1,100}$/
/** Where a stage may lie: by its key, or in the folder of a run of an earlier version. */
const place = /^(?:stages\/[\w-]{1,100}|runs\/[\w-]{1,100}\/[\w-]{1,100})$/

const stage = z.looseObject({
  id: z.string().regex(name),
  kind: z.enum(['data', 'teacher', 'student']),
  state: z.string(),
  place: z.string().regex(place).optional(),
})
/** What is relied on here; the rest of a record is as this version or an earlier one wrote it. */
const mirrored = z.looseObject({
  id: z.string().regex(name),
  name: z.string(),
  state: z.string(),
  createdAt: z.number(),
  bytesOnDisk: z.number(),
  deletedAt: z.number().nullable(),
  config: z.looseObject({}),
  stages: z.array(stage).min(1).max(10_000),
})

export interface OtherRun {
  readonly run: RunToKeep
  readonly artifacts: readonly MirroredArtifact[]
}

export interface OtherWorkspace {
  /** With all links followed. */
  readonly folder: string
  /** Names of the folders of runs. */
  readonly names: readonly string[]
  /** @throws RefusedInputError where the record is none */
  read(name: string): Promise<OtherRun>
}

/** @throws RefusedInputError where there is no workspace, or this one */
export async function openOtherWorkspace(given: string, own: string): Promise<OtherWorkspace> {
  const refuse = (got: string): never => {
    throw new RefusedInputError('There are no runs of another workspace.', {
      wanted: 'the folder of a workspace, with "runs" in it',
      got,
      where: given,
      action: 'Name the folder that Settings → Workspace, or "abd doctor", shows there.',
    })
  }
  const folder = await realpath(given).catch(() => refuse('nothing that can be read'))
  const ours = await realpath(own)
  if (folder === ours || folder.startsWith(ours + sep)) refuse('this workspace itself')
  const entries = await readdir(join(folder, 'runs'), { withFileTypes: true }).catch(() => refuse('no folder "runs"'))
  return {
    folder,
    names: entries.filter((entry) => entry.isDirectory() && name.test(entry.name)).map((entry) => entry.name),
    read: (runName) => readRun(folder, runName),
  }
}

async function readRun(folder: string, runName: string): Promise<OtherRun> {
  const file = join(folder, 'runs', runName, 'run.json')
  const refuse = (got: string, cause?: unknown): RefusedInputError =>
    new RefusedInputError('The record of this run cannot be read.', {
      wanted: `a run.json of at most ${bytesText(recordLimit)}`,
      got,
      where: file,
      action: 'Open that workspace once: its engine writes the records of its runs anew.',
      cause,
    })
  try {
    const text = Buffer.from(await readWhole(file, recordLimit)).toString('utf8')
    const read = mirrored.safeParse(JSON.parse(text))
    if (!read.success) throw refuse(z.prettifyError(read.error).split('\n')[0] ?? 'another record')
    if (read.data.id !== runName) throw refuse(`that of ${read.data.id}`)
    return splitRun(read.data as unknown as RunToKeep & { artifacts?: MirroredArtifact[] })
  } catch (error) {
    if (error instanceof RefusedInputError) throw error
    throw refuse(error instanceof Error ? error.message : String(error), error)
  }
}
