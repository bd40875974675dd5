/**
 * Import of a checkpoint: format, weights, architecture and findings as one report. Nothing in the file is built or
 * run.
 * Names and shapes decide first; values are read only of a file that passes, piece by piece for the findings, and kept
 * only where somebody asks for them.
 */
import type { MemberChoice } from '../../../../shared/domain'
import { RefusedInputError } from '../../../../shared/errors'
import { openFileSource, type FileSource } from '../../weights/byteSource'
import { checkWeights } from './checks'
import { importers } from './registry'
import { nameUnderPrefix, withoutKnownPrefixes } from './commonPrefix'
import type { Finding, IgnoredPart } from './types'
import { importLimits } from '../../weights/importLimits'
import { describeFirstBytes, quoteFromFile } from '../../weights/fileText'
import type { Recognition, RecognizedArchitecture } from './recognition'
import { readTensor, type StoredMap } from '../../weights/stored'
import type { WeightMap } from '../../weights/weightMap'

export interface ImportReport {
  accepted: boolean
  /** Why it was refused, in a sentence with what was wanted, what came and where; null when accepted. */
  reason: string | null
  /** Id of the importer, null when none matched. */
  format: string | null
  /** Null when the names are of no known architecture. */
  architecture: RecognizedArchitecture | null
  /** Other networks fit as well, and none of them was named. */
  ambiguous: boolean
  /** Number of tensors. */
  tensors: number
  /** Of the whole file; empty when it could not be read at all, or is refused and larger than 64 MB. */
  sha256: string
  findings: Finding[]
  ignored: IgnoredPart[]
  metadata: Record<string, string>
}

export interface ImportedCheckpoint extends ImportReport {
  /** Empty when refused. Names without a common prefix. */
  weights: WeightMap
}

export interface ImportOptions {
  /**
   * The architecture that the file is said to hold. It decides where several fit, and a file that fits none is refused
   * with its differences from
   * this one. Without it such a file is accepted, with a warning and `architecture: null`.
   */
  architecture?: MemberChoice | null
  /** Refuses a file whose names are of no known architecture, before its values are read. */
  onlyKnown?: boolean
  /** Height and width of the images that the network shall read, where they are known. */
  side?: number
}

const headBytes = 64
const hashRefusedUpTo = 64 * 2 ** 20

/**
 * Reads a checkpoint of any known format and says what it holds, with its weights. A bad file gives `accepted: false`
 * with a reason, never an
 * exception; only faults of the program throw.
 */
export async function importCheckpoint(file: string, options: ImportOptions = {}): Promise<ImportedCheckpoint> {
  const weights: WeightMap = new Map()
  const report = await reportOn(file, options, async (source, stored) => {
    for (const [name, tensor] of stored) weights.set(name, await readTensor(source, tensor))
  })
  return { ...report, weights: report.accepted ? weights : new Map() }
}

/** The same report; no weights are kept, so that memory does not grow with the file. */
export const inspectCheckpoint = (file: string, options: ImportOptions = {}): Promise<ImportReport> =>
  reportOn(file, options, () => Promise.resolve())

async function reportOn(
  file: string,
  options: ImportOptions,
  use: (source: FileSource, stored: StoredMap) => Promise<void>,
): Promise<ImportReport> {
  const report: ImportReport = {
    accepted: false,
    reason: null,
    format: null,
    architecture: null,
    ambiguous: false,
    tensors: 0,
    sha256: '',
    findings: [],
    ignored: [],
    metadata: {},
  }
  let source: FileSource | null = null
  try {
    source = await openFileSource(file)
    await use(source, await readInto(report, source, options))
    report.sha256 = await source.sha256()
    await source.assertUnchanged()
    report.accepted = true
  } catch (error) {
    if (!(error instanceof RefusedInputError)) throw error
    report.reason = sentenceOf(error)
    report.architecture = null
    report.ambiguous = false
    if (source && source.size <= hashRefusedUpTo) report.sha256 = await source.sha256().catch(() => '')
  } finally {
    await source?.close()
  }
  return report
}

async function readInto(
  report: ImportReport,
  source: FileSource,
  { architecture = null, onlyKnown = false, side }: ImportOptions,
): Promise<StoredMap> {
  if (source.size > importLimits.fileBytes) {
    throw new RefusedInputError('The file is larger than any checkpoint of this field.', {
      wanted: `at most ${importLimits.fileBytes} bytes`,
      got: `${source.size} bytes`,
      where: source.name,
    })
  }
  const head = await source.read(0, Math.min(headBytes, source.size))
  const importer = importers.members.find(({ match }) => match({ head, size: source.size, name: source.name }))
  if (!importer) throw unknownFormat(head, source.name)
  report.format = importer.id
  const opened = await importer.open(source)
  const known = withoutKnownPrefixes(opened.tensors)
  if (known.tensors.size === 0)
    throw new RefusedInputError('The file holds no tensors.', {
      wanted: 'the weights of a network',
      got: 'none',
      where: source.name,
    })
  const { tensors, recognition, findings } = nameUnderPrefix(known.tensors, architecture, side)
  report.tensors = tensors.size
  report.metadata = opened.metadata
  report.ignored = opened.ignored
  report.findings = [...opened.findings, ...known.findings, ...findings, ...ignoredFindings(opened.ignored)]
  recognizeInto(report, recognition, tensors, onlyKnown)
  await opened.verify()
  report.findings.push(...(await checkWeights(source, tensors)))
  return tensors
}

function recognizeInto(
  report: ImportReport,
  recognition: Recognition | null,
  tensors: StoredMap,
  onlyKnown: boolean,
): void {
  if (recognition === null) {
    const names = [...tensors.keys()].slice(0, 3).map(quoteFromFile).join(', ')
    if (onlyKnown)
      throw new RefusedInputError('The architecture of this file was not recognised.', {
        wanted: 'weights of a known architecture with PyTorch names',
        got: `${tensors.size} tensors of an unknown pattern (${names} …)`,
        action:
          'To see what differs from a network, name it: abd evaluate --architecture ID --architecture-param name=value, or choose it in the form.',
      })
    report.findings.push({
      severity: 'warning',
      message: `The architecture is not recognized from the names (${names} …).`,
    })
    return
  }
  if (recognition.kind === 'mismatch') {
    const { title, chosen: asked, differences } = recognition
    throw new RefusedInputError(
      asked
        ? `The weights are not those of ${title}, the chosen architecture.`
        : `The weights look like ${title} but do not fit it.`,
      {
        wanted: `the names and shapes of ${title}`,
        got: differences.join('; '),
        action: asked
          ? 'Choose the architecture and parameters that the file was saved from.'
          : 'Export the state_dict of one whole network.',
      },
    )
  }
  report.architecture = recognition.architecture
  report.ambiguous = recognition.ambiguous
  report.findings.push(...recognition.findings)
}

const mostIgnored = 20

function ignoredFindings(ignored: readonly IgnoredPart[]): Finding[] {
  const findings: Finding[] = ignored
    .slice(0, mostIgnored)
    .map(({ path, reason }) => ({ severity: 'info', message: `Ignored ${quoteFromFile(path)}: ${reason}.` }))
  if (ignored.length > mostIgnored)
    findings.push({ severity: 'info', message: `Ignored ${ignored.length - mostIgnored} more parts.` })
  return findings
}

function unknownFormat(head: Buffer, name: string): RefusedInputError {
  const tfjs = head[0] === 0x7b && name.toLowerCase().endsWith('.json')
  return new RefusedInputError(
    tfjs ? 'TensorFlow.js models are not read.' : 'The file is of no known checkpoint format.',
    {
      wanted: importers.members.map(({ title }) => title).join(', '),
      got: describeFirstBytes(head),
      where: name,
      action: 'Import a PyTorch state_dict or a safetensors file.',
    },
  )
}

function sentenceOf(error: RefusedInputError): string {
  const parts = [error.message]
  if (error.wanted !== undefined) parts.push(`Wanted: ${error.wanted}.`)
  if (error.got !== undefined) parts.push(`Got: ${error.got}.`)
  if (error.where !== undefined) parts.push(`Where: ${error.where}.`)
  if (error.action !== undefined) parts.push(error.action)
  return parts.join(' ')
}
