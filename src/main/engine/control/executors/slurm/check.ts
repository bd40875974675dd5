/** Whether tasks would run on this cluster: asked of Slurm, of the folders, and of a node. */
import { accessSync, constants, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ExecutorFinding } from '../../../../../shared/domain'
import { temporaryName } from '../../../../machine/temporaries.mjs'
import type { CheckRequest, CheckTeller } from '../members'
import type { CheckedCluster } from './checkedCluster'
import { SlurmRefusal } from './commands'
import { submissionFolder, writeSubmission } from './jobFile'
import { askNode } from './probe'
import { batchScript } from './script'

export async function checkCluster(cluster: CheckedCluster, request: CheckRequest, teller: CheckTeller): Promise<void> {
  const find = (finding: ExecutorFinding): void => teller.find(finding)
  if (!(await checkPrograms(cluster, find))) return
  const accepted = [await checkPartition(cluster, find), checkFolders(cluster, find), await checkScript(cluster, find)]
  checkTimes(cluster, find)
  if (!request.probe) return find({ title: 'Node', state: 'skipped', message: 'No probe job was wanted.' })
  if (!accepted.every(Boolean))
    return find({ title: 'Node', state: 'skipped', message: 'No probe job is sent while the above fails.' })
  await askNode(cluster, request, teller)
}

type Find = (finding: ExecutorFinding) => void

const failure = (title: string, error: unknown): ExecutorFinding =>
  error instanceof SlurmRefusal
    ? { title, state: 'failed', message: `${error.message} ${error.got ?? ''}`.trim(), action: error.action ?? '' }
    : { title, state: 'failed', message: error instanceof Error ? error.message : String(error) }

async function checkPrograms({ commands }: CheckedCluster, find: Find): Promise<boolean> {
  try {
    const version = await commands.version()
    const rows = await commands.queue()
    const { maxArraySize } = await commands.limits()
    const arrays = maxArraySize === 0 ? 'no arrays' : `arrays of up to ${maxArraySize} tasks`
    find({ title: 'Slurm', state: 'ok', message: `${version}, ${arrays}, ${rows.length} jobs of yours are known` })
    return true
  } catch (error) {
    find(failure('Slurm', error))
    return false
  }
}

async function checkPartition({ commands, settings }: CheckedCluster, find: Find): Promise<boolean> {
  const title = 'Partition'
  try {
    const partition = await commands.partition(settings.partition)
    if (partition === null) {
      const message = settings.partition
        ? `There is no partition ${settings.partition}.`
        : 'The cluster has no default.'
      find({ title, state: 'failed', message, action: 'Name one of those that "sinfo" lists.' })
      return false
    }
    const up = partition.state === 'UP'
    find({
      title,
      state: up ? 'ok' : 'warning',
      message: `${partition.name}: ${partition.state}, nodes ${partition.nodes}`,
      ...(up ? {} : { action: 'Jobs wait until it is up.' }),
    })
    if (partition.maxMinutes !== null && settings.timeLimit > partition.maxMinutes) {
      find({
        title: 'Time limit',
        state: 'failed',
        message: `${settings.timeLimit} minutes are set; ${partition.name} allows ${Math.floor(partition.maxMinutes)}.`,
        action: 'Such jobs wait for ever (PartitionTimeLimit). Set less: a task that needs longer goes on by itself.',
      })
      return false
    }
    return true
  } catch (error) {
    find(failure(title, error))
    return false
  }
}

/** The signal may come a minute early, and a checkpoint takes its time. */
const slack = 60

function checkTimes({ settings: { timeLimit, signalLead } }: CheckedCluster, find: Find): void {
  const left = timeLimit * 60 - signalLead - slack
  find(
    left > 0
      ? {
          title: 'Time limit',
          state: 'ok',
          message: `${timeLimit} minutes, of which a task is warned ${signalLead} s before the end`,
        }
      : {
          title: 'Time limit',
          state: 'failed',
          message: `${timeLimit} minutes are no longer than the warning of ${signalLead} s and the minute that Slurm may be early.`,
          action: 'Set a longer time limit or a shorter warning.',
        },
  )
}

function checkFolders({ workspace, cacheFolder }: CheckedCluster, find: Find): boolean {
  const title = 'Folders here'
  try {
    const file = join(workspace, temporaryName('probe'))
    writeFileSync(file, '')
    rmSync(file)
    accessSync(cacheFolder, constants.R_OK)
  } catch (error) {
    find(failure(title, error))
    return false
  }
  const sets = join(cacheFolder, 'datasets')
  const names = existsSync(sets) ? readdirSync(sets) : []
  find({
    title,
    state: 'ok',
    message: `workspace writable; data sets in the cache: ${names.length === 0 ? 'none' : names.join(', ')}`,
  })
  return true
}

async function checkScript(cluster: CheckedCluster, find: Find): Promise<boolean> {
  const { workspace, settings, places, commands } = cluster
  const folder = submissionFolder(workspace, temporaryName('check'))
  try {
    mkdirSync(folder, { recursive: true })
    const script = batchScript(
      settings,
      {
        title: 'abd check',
        folder,
        count: 1,
        limit: 0,
        needs: { threads: 0, device: 'auto' },
        after: [],
        comment: 'abd-check',
      },
      places,
    )
    const said = await commands.test(writeSubmission(folder, script, []))
    find({ title: 'Batch script', state: 'ok', message: said || 'accepted' })
    return true
  } catch (error) {
    find(failure('Batch script', error))
    return false
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
