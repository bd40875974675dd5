/** What "Copy diagnostics" gives: enough to ask for help, nothing that tells who asks. */
import { homedir, hostname, userInfo } from 'node:os'
import type { DiskUse, EngineInfo, LogLine, Settings } from '../../../../shared/contract'
import type { RunSummary } from '../../../../shared/domain'

const escape = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

/** Names of this machine and its user that must not leave it. */
function privateWords(): string[] {
  const words = [hostname(), homedir().split('/').at(-1) ?? '']
  try {
    words.push(userInfo().username)
  } catch {
    // A container may run as a user without an entry.
  }
  return words.filter((word) => word.length >= 3)
}

/** Text without paths, addresses with ports, long tokens, user and machine names. */
export function withoutPrivateData(text: string, words: readonly string[] = privateWords()): string {
  let clean = text
    .replace(/\b[0-9a-f]{24,}\b/gi, '<token>')
    .replace(/\b[A-Za-z0-9_-]{40,}\b/g, '<token>')
    .replace(/token=[^\s&"']+/gi, 'token=<token>')
    .replace(/(?<![\w/])[A-Za-z]:\\[^\s"']+/g, '<path>')
    .replace(/(?:file:\/\/|~)?(?<![\w<])(?:\/[^\s/"'`:,;()]+){2,}\/?/g, '<path>')
    .replace(/~\/[^\s"']+/g, '<path>')
  for (const word of words) clean = clean.replace(new RegExp(`\\b${escape(word)}\\b`, 'gi'), '<name>')
  return clean
}

export interface DiagnosticsInput {
  info: EngineInfo
  settings: Settings
  disk: DiskUse
  runs: readonly RunSummary[]
  log: readonly LogLine[]
}

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(2)} GB`

export function diagnosticsText({ info, settings, disk, runs, log }: DiagnosticsInput): string {
  const states = new Map<string, number>()
  for (const run of runs) states.set(run.state, (states.get(run.state) ?? 0) + 1)
  const { device } = info
  const lines = [
    `${info.product} ${info.version}`,
    `Node ${info.node} on ${info.platform}, ${info.cores} cores, ${gigabytes(info.memoryBytes)} memory`,
    info.runtimeReady ? 'TensorFlow runtime: ready' : `TensorFlow runtime: ${info.runtimeMessage ?? 'not ready'}`,
    device
      ? `Device: ${device.kind}, ${device.title}, TensorFlow ${device.tensorflow}, ${device.threads} threads${device.fallback ? `, fell back: ${device.reason ?? 'no reason known'}` : ''}`
      : 'Device: not asked yet',
    ...(device?.driver
      ? [
          `Driver ${device.driver}, CUDA ${device.cuda ?? 'none'}, cuDNN ${device.cudnn ?? 'none'}, compute capability ${device.computeCapability ?? 'unknown'}`,
        ]
      : []),
    `Settings: ${settings.threads === 0 ? 'all' : settings.threads} threads, ${settings.keptSteps} kept steps of ${settings.imagesPerStep} images`,
    `Disk: workspace ${gigabytes(disk.workspaceBytes)}, cache ${gigabytes(disk.cacheBytes)}, free ${gigabytes(disk.freeBytes)}`,
    `Runs: ${[...states].map(([state, count]) => `${count} ${state}`).join(', ') || 'none'}`,
    ...runs
      .flatMap((run) => (run.error ? [`Failed: ${run.error.map((cause) => cause.message).join(' because: ')}`] : []))
      .slice(0, 5),
    '',
    'Last log lines:',
    ...log.map((line) => `${new Date(line.time).toISOString()} ${line.level} ${line.message}`),
  ]
  return withoutPrivateData(lines.join('\n'))
}
