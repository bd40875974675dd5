/**
 * Where the time of our captured steps goes, kernel by kernel: TensorFlow's executor tells when it begins and ends each
 * (its log, TF_CPP_VMODULE). One thread, so that no two of them overlap and what is left of the clock is everything that
 * is none of them: what lies between kernels, what surrounds a call, and the telling itself.
 */
import { say } from '../../src/main/setup/report.mjs'
import { startSubject } from './subject.mjs'
import { oursIn, ourSubjects } from './subjects.mjs'

/** Of the log and of the times. */
const warmUps = 2
const parts = [
  { id: 'generator', title: 'Generator step', phase: 'pseudoBatch' },
  { id: 'sample', title: 'Synthetic batch', phase: 'pseudoBatch' },
  { id: 'student', title: 'Student step', phase: 'pseudoBatch' },
  { id: 'teacher', title: 'Teacher training step', phase: 'teacher' },
  { id: 'evaluation', title: 'Evaluation of 2,000 images', phase: 'evaluation' },
]
const kinds = [
  'convolution forward',
  'to the input',
  'to the filters',
  'matrix product',
  'norms',
  'gradients of norms',
  'rectifiers',
  'gradients of rectifiers',
  'additions',
  'products',
  'casts',
  'other kernels',
]

/** The kind of an operation of TensorFlow's; oneDNN's kernels bear the same names with a prefix. */
export function kindOf(operation) {
  const name = operation.replace(/^_Mkl(Native)?/, '').replace(/^_?Fused(?=Conv|MatMul|Depthwise)/, '')
  if (name.endsWith('BackpropInput')) return 'to the input'
  if (name.includes('BackpropFilter')) return 'to the filters'
  if (/^(PadWith)?(Conv2D|DepthwiseConv)/.test(name)) return 'convolution forward'
  if (/^(Batch)?MatMul/.test(name)) return 'matrix product'
  if (name.startsWith('FusedBatchNormGrad')) return 'gradients of norms'
  if (/^_?FusedBatchNorm/.test(name)) return 'norms'
  if (/Relu6?Grad$/.test(name)) return 'gradients of rectifiers'
  if (/Relu6?$/.test(name)) return 'rectifiers'
  if (/^(Add|AddV2|AddN|BiasAdd)$/.test(name)) return 'additions'
  if (name === 'Mul') return 'products'
  return name === 'Cast' ? 'casts' : 'other kernels'
}

const told =
  /^I\d* \S*?(\d+\.\d+)\s+\d+ executor\.cc:\d+\] (Process node|Synchronous kernel done): \d+ step (-?\d+) \{\{node (\S+)\}\} = (\w+)/

/** What a line of the executor's log tells: that a kernel began or ended, and when; undefined of any other line. */
export function kernelOf(line) {
  const [, seconds, what, step, node, operation] = told.exec(line) ?? []
  if (seconds === undefined) return undefined
  return { begins: what === 'Process node', milliseconds: Number(seconds) * 1000, step, node, operation }
}

/** Gathers the times of each node of each part; a line `part,NAME` says whose the following ones are. */
export function createAccount() {
  const occurrences = {}
  const times = new Map()
  const begun = new Map()
  let part
  return {
    line(text) {
      if (text.startsWith('part,')) {
        part = text.slice('part,'.length)
        occurrences[part] = (occurrences[part] ?? 0) + 1
        return
      }
      const kernel = part === undefined ? undefined : kernelOf(text)
      if (!kernel) return
      const { step, node, operation, milliseconds } = kernel
      const run = `${step} ${node}`
      if (kernel.begins) begun.set(run, milliseconds)
      else if (begun.has(run) && occurrences[part] > warmUps) {
        const key = `${part} ${node}`
        const known = times.get(key) ?? { part, operation, list: [] }
        known.list.push(milliseconds - begun.get(run))
        times.set(key, known)
      }
    },
    /** Part → kind → milliseconds of one execution: of each node one of its shortest times. */
    byKind() {
      /** @type {Record<string, Record<string, number>>} */
      const sums = {}
      for (const { part: of, operation, list } of times.values()) {
        const kind = kindOf(operation)
        sums[of] ??= {}
        sums[of][kind] = (sums[of][kind] ?? 0) + shortOf(list) * runsOf(of)
      }
      return sums
    },
  }
}

/** Runs of a part's graph in one execution: an evaluation of 2,000 images takes 100 at a time. */
const runsOf = (part) => (part === 'evaluation' ? 20 : 1)

/**
 * One of the shortest: what else runs on the machine makes times longer, never shorter. Not the very shortest of many,
 * since of a loop's eleven rounds the last is empty.
 */
const shortOf = (list) => [...list].sort((left, right) => left - right)[Math.floor(list.length * 0.12)] ?? 0

/** Milliseconds of one execution of each part by kind, `rest` what no kernel took of the processor's time. */
async function profileOne(definition, { repeats }) {
  const account = createAccount()
  const subject = await startSubject({
    ...definition,
    environment: { ...definition.environment, TF_CPP_MIN_LOG_LEVEL: '0', TF_CPP_VMODULE: 'executor=2' },
    onWords: (line) => account.line(line),
  })
  const clock = {}
  const phases = [...new Set(parts.map(({ phase }) => phase))]
  try {
    for (let round = -warmUps; round < repeats; round += 1) {
      for (const phase of phases) {
        const times = await subject.ask(phase)
        if (round < 0) continue
        for (const { id, phase: of } of parts)
          if (of === phase) (clock[id] ??= []).push(((times.cpu ?? times)[id] ?? (times.cpu ?? times).total) * 1000)
      }
    }
  } finally {
    await subject.end()
  }
  const sums = account.byKind()
  return Object.fromEntries(
    parts.map(({ id }) => {
      const byKind = Object.fromEntries(kinds.map((kind) => [kind, sums[id]?.[kind] ?? 0]))
      const total = shortOf(clock[id] ?? [])
      const inKernels = Object.values(byKind).reduce((sum, value) => sum + value, 0)
      return [id, { ...byKind, rest: total - inKernels, total }]
    }),
  )
}

/** @returns precision → part → kind → milliseconds */
export async function profileSteps(worker, options) {
  const profiles = {}
  for (const precision of options.precisions) {
    say(`profile in ${precision}`)
    const [definition] = ourSubjects(worker, { ...options, threads: 1, precisions: [precision], profile: true })
    profiles[precision] = await profileOne({ ...definition, name: oursIn(precision) }, options)
  }
  return profiles
}

export function profileSection(profiles) {
  const columns = [...kinds, 'rest', 'total']
  return Object.entries(profiles).flatMap(([precision, byPart]) => [
    `| Milliseconds of one, ${precision}, one thread | ${columns.join(' | ')} |`,
    `|---|${columns.map(() => '---|').join('')}`,
    ...parts.map(
      ({ id, title }) => `| ${[title, ...columns.map((kind) => byPart[id][kind].toFixed(1))].join(' | ')} |`,
    ),
    '',
  ])
}
