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
import { requireReadable } from './readable'
import { selectGraph } from './graphSelection'
import { selectNetwork, SeveralNetworksError, type Candidate } from './selection'
import type { Finding, IgnoredPart } from './types'
import { importLimits } from '../../weights/importLimits'
import { describeFirstBytes, quoteFromFile } from '../../weights/fileText'
import type { RecognizedArchitecture } from './recognition'
import type { OnnxGraph } from '../../weights/onnxGraph'
import { readTensors, type StoredMap } from '../../weights/stored'
import type { WeightMap } from '../../weights/weightMap'

export interface ImportReport {
  accepted: boolean
  /** Why it was refused, in a sentence with what was wanted, what came and where; null when accepted. */
  reason: string | null
  /** Id of the importer, null when none matched. */
  format: string | null
  /** Null when refused. */
  architecture: RecognizedArchitecture | null
  /** Other networks fit as well, and none of them was named. */
  ambiguous: boolean
  /** Key of the dictionary that the weights lie in; '' for a bare one. */
  key: string
  /** The networks to choose from, where several are known and none was named; empty otherwise. */
  candidates: Candidate[]
  /** Number of tensors. */
  tensors: number
  /** Of the whole file; empty when it could not be read at all, or is refused and larger than 64 MB. */
  sha256: string
  findings: Finding[]
  ignored: IgnoredPart[]
  metadata: Record<string, string>
}

export interface ImportedCheckpoint extends ImportReport {
  /** The same as `reason`, to be thrown; null when accepted. */
  refusal: RefusedInputError | null
  /** Empty when refused. Names without a common prefix. */
  weights: WeightMap
  /** What the network computes, where the file says that too. */
  graph: OnnxGraph | null
}

export interface ImportOptions {
  /**
   * The architecture that the file is said to hold. It decides where several fit, and a file that fits none is refused
   * with its differences from this one.
   */
  architecture?: MemberChoice | null
  /** Whether somebody named it; else it decides where several fit, and is not spoken of. Default: it was named. */
  asked?: boolean
  /** Key of the dictionary that is meant; '' for the only one that is a known network. */
  weights?: string
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
  const { report, refusal, graph } = await reportOn(file, options, async (source, stored) => {
    for (const [name, tensor] of await readTensors(source, stored)) weights.set(name, tensor)
  })
  return { ...report, refusal, graph, weights: report.accepted ? weights : new Map() }
}

/** The same report; no weights are kept, so that memory does not grow with the file. */
export const inspectCheckpoint = async (file: string, options: ImportOptions = {}): Promise<ImportReport> =>
  (await reportOn(file, options, () => Promise.resolve())).report

async function reportOn(
  file: string,
  options: ImportOptions,
  use: (source: FileSource, stored: StoredMap) => Promise<void>,
): Promise<{ report: ImportReport; refusal: RefusedInputError | null; graph: OnnxGraph | null }> {
  const report: ImportReport = {
    accepted: false,
    reason: null,
    format: null,
    architecture: null,
    ambiguous: false,
    key: '',
    candidates: [],
    tensors: 0,
    sha256: '',
    findings: [],
    ignored: [],
    metadata: {},
  }
  let source: FileSource | null = null
  let refusal: RefusedInputError | null = null
  let graph: OnnxGraph | null = null
  try {
    source = await openFileSource(file)
    const read = await readInto(report, source, options)
    graph = read.graph
    await use(source, read.tensors)
    report.sha256 = await source.sha256()
    await source.assertUnchanged()
    report.accepted = true
  } catch (error) {
    if (!(error instanceof RefusedInputError)) throw error
    refusal = error
    report.reason = sentenceOf(error)
    report.architecture = null
    report.ambiguous = false
    if (error instanceof SeveralNetworksError) report.candidates = [...error.candidates]
    if (source && source.size <= hashRefusedUpTo) report.sha256 = await source.sha256().catch(() => '')
  } finally {
    await source?.close()
  }
  return { report, refusal, graph }
}

async function readInto(
  report: ImportReport,
  source: FileSource,
  { architecture = null, asked = true, weights = '', side }: ImportOptions,
): Promise<{ tensors: StoredMap; graph: OnnxGraph | null }> {
  if (source.size > importLimits.fileBytes) {
    throw new RefusedInputError('The file is larger than any checkpoint of this field.', {
      wanted: `at most ${importLimits.fileBytes} bytes`,
      got: `${source.size} bytes`,
      where: source.name,
    })
  }
  const head = await source.read(0, Math.min(headBytes, source.size))
  refuseText(head, source.name)
  const importer = importers.members.find(({ match }) => match({ head, size: source.size, name: source.name }))
  if (!importer) throw unknownFormat(head, source.name)
  report.format = importer.id
  const opened = await importer.open(source)
  report.metadata = opened.metadata
  report.findings = [...opened.findings]
  const { graph = null, networks } = opened
  const { key, tensors, recognition, findings, candidates } =
    graph && networks[0]
      ? selectGraph(graph, networks[0].tensors, side)
      : selectNetwork(opened, { architecture, asked, weights, side })
  report.key = key
  report.candidates = candidates
  report.tensors = tensors.size
  report.architecture = recognition.architecture
  report.ambiguous = recognition.ambiguous
  report.ignored = opened.ignored.filter(({ beside }) => liesAround(beside, key))
  report.findings.push(...findings, ...ignoredFindings(report.ignored))
  requireReadable(tensors, source.size)
  await opened.verify()
  report.findings.push(...(await checkWeights(source, tensors)))
  return { tensors, graph }
}

/** Whether a dictionary is the one of the weights or lies around it; what lies elsewhere goes with what it lies in. */
const liesAround = (beside: string, key: string): boolean =>
  beside === '' || beside === key || key.startsWith(`${beside}.`)

const mostIgnored = 8

/** One remark for each reason, with the places that it holds for. */
function ignoredFindings(ignored: readonly IgnoredPart[]): Finding[] {
  const places = new Map<string, string[]>()
  for (const { path, reason } of ignored) places.set(reason, [...(places.get(reason) ?? []), path])
  return [...places].map(([reason, paths]) => {
    const more = paths.length > mostIgnored ? ` and ${paths.length - mostIgnored} more` : ''
    return {
      severity: 'info',
      message: `Ignored ${paths.slice(0, mostIgnored).map(quoteFromFile).join(', ')}${more}: ${reason}.`,
    }
  })
}

/** What arrives in place of a checkpoint, whatever its name: the pointer of a large file, or a page about it. */
function refuseText(head: Buffer, name: string): void {
  const text = head.toString('latin1').trimStart().toLowerCase()
  const [what, action] = text.startsWith('version https://git-lfs.github.com/spec/')
    ? ['a Git LFS pointer, not the file itself', 'Fetch the file: git lfs pull, or download it from its page.']
    : /^<(!doctype|html|head|\?xml)/.test(text)
      ? ['a web page', 'Download the file itself: open the page in a browser, and look at its size afterwards.']
      : []
  if (what === undefined) return
  throw new RefusedInputError(`The file is ${what}.`, {
    wanted: 'a checkpoint',
    got: describeFirstBytes(head),
    where: name,
    ...(action === undefined ? {} : { action }),
  })
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
