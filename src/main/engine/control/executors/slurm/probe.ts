/** A job of a minute that says what a node sees and computes on. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { precisionSpeedRows } from '../../../../../shared/domain'
import type { NodeReport } from '../../../protocol/nodeReport'
import { temporaryName } from '../../../../machine/temporaries.mjs'
import type { CheckRequest, CheckTeller } from '../members'
import type { CheckedCluster } from './checkedCluster'
import { lastWordsOf } from './ends'
import { submissionFolder, writeSubmission } from './jobFile'
import { phaseOf, type QueueRow } from './queue'
import { outputName, probeScript } from './script'

const minutes = 5
const pollInterval = 500
const title = 'Node'

export async function askNode(cluster: CheckedCluster, request: CheckRequest, teller: CheckTeller): Promise<void> {
  const { workspace, cacheFolder, settings, places, commands, signal } = cluster
  const folder = submissionFolder(workspace, temporaryName('probe'))
  const report = join(folder, 'report.json')
  const mark = join(cacheFolder, temporaryName('probe'))
  try {
    const script = probeScript(settings, { folder, report, minutes, paths: [mark, ...request.paths] }, places)
    const file = writeSubmission(folder, script, [])
    writeMark(mark)
    const job = await commands.submit(file)
    const row = await waitForReport(cluster, { job, report, until: performance.now() + request.seconds * 1000 })
    if (existsSync(report)) return tellReport(JSON.parse(readFileSync(report, 'utf8')) as NodeReport, request, teller)
    await commands.cancel([job])
    teller.find(unanswered(row, request, lastWordsOf(folder, join(folder, outputName(0)))))
  } catch (error) {
    signal?.throwIfAborted()
    teller.find({ title, state: 'failed', message: error instanceof Error ? error.message : String(error) })
  } finally {
    rmSync(mark, { force: true })
    rmSync(folder, { recursive: true, force: true })
  }
}

/** A cache that is not writable here is looked for by its folder alone. */
function writeMark(mark: string): void {
  try {
    writeFileSync(mark, '')
  } catch {
    // The node reports it as missing, with this folder's name.
  }
}

async function waitForReport(
  { commands, signal }: CheckedCluster,
  { job, report, until }: { job: string; report: string; until: number },
): Promise<QueueRow | null> {
  let row: QueueRow | null = null
  let over = 0
  while (performance.now() < until && !existsSync(report)) {
    if (signal?.aborted) {
      await commands.cancel([job])
      signal.throwIfAborted()
    }
    row = (await commands.queue()).find((each) => each.job === job) ?? null
    // Its report may come later over the network than Slurm's word.
    if ((row === null || phaseOf(row) === 'ended') && ++over > 6) return row
    await new Promise((resolve) => setTimeout(resolve, pollInterval))
  }
  return row
}

function unanswered(row: QueueRow | null, { seconds }: CheckRequest, words: string) {
  if (row !== null && phaseOf(row) === 'waiting')
    return {
      title,
      state: 'warning' as const,
      message: `The probe job still waited after ${seconds} s: ${row.reason || row.state}. It was cancelled.`,
      action: 'Ask again with more patience, or when the cluster is less busy.',
    }
  const last = words.split('\n').at(-1)
  return {
    title,
    state: 'failed' as const,
    message: `The probe job ended without an answer (${row === null ? 'unknown to Slurm' : `${row.state} ${row.reason}`.trim()})${last ? `: ${last}` : ''}`,
    action: 'The node needs Node.js and this program’s folder under the same path; see the lines before the task.',
  }
}

function tellReport(report: NodeReport, { paths }: CheckRequest, teller: CheckTeller): void {
  const { host, node, missing, device } = report
  teller.find({ title, state: 'ok', message: `${host}, Node.js ${node}` })
  const unseen = missing.filter((path) => path !== '')
  teller.find(
    unseen.length === 0
      ? {
          title: 'Folders on the node',
          state: 'ok',
          message: `workspace and cache${paths.length > 0 ? ' and data' : ''} are seen`,
        }
      : {
          title: 'Folders on the node',
          state: 'failed',
          message: `The node does not see ${unseen.join(', ')}.`,
          action: 'Workspace, cache (XDG_CACHE_HOME) and data must lie on a file system that the nodes share.',
        },
  )
  if ('causes' in device)
    return teller.find({
      title: 'TensorFlow on the node',
      state: 'failed',
      message: device.causes.map((cause) => [cause.message, cause.got].filter(Boolean).join(' ')).join(' because: '),
      action:
        'The runtime must lie in the shared cache: run "abd runtime install" once where the internet is, or "abd runtime unpack".',
    })
  teller.device(device)
  teller.find({
    title: 'TensorFlow on the node',
    state: device.fallback ? 'warning' : 'ok',
    message: `${device.kind.toUpperCase()}: ${device.title}, TensorFlow ${device.tensorflow}, ${device.threads} threads`,
    ...(device.reason ? { action: device.reason } : {}),
  })
  const speeds = precisionSpeedRows(device.precisionSpeed).map(([name, words]) => `${name}: ${words}`)
  if (speeds.length > 0) teller.find({ title: 'Precisions on the node', state: 'ok', message: speeds.join('; ') })
}
