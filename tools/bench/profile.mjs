/**
 * Where the time of our captured steps goes, kernel by kernel: oneDNN tells each of its primitives and what it took.
 * One thread, so that no two of them overlap and what is left of the clock is everything that is none of them.
 */
import { say } from '../../src/main/setup/report.mjs'
import { startSubject } from './subject.mjs'
import { oursIn, ourSubjects } from './subjects.mjs'

const warmUps = 2
/** Executions of a step in a phase: the worker times several teacher steps after one that is not. */
const parts = [
  { id: 'generator', title: 'Generator step', phase: 'pseudoBatch', executions: 1 },
  { id: 'sample', title: 'Synthetic batch', phase: 'pseudoBatch', executions: 1 },
  { id: 'student', title: 'Student step', phase: 'pseudoBatch', executions: 10 },
  { id: 'teacher', title: 'Teacher training step', phase: 'teacher', executions: 5 },
  { id: 'evaluation', title: 'Evaluation of 2,000 images', phase: 'evaluation', executions: 1 },
]
const kinds = [
  'convolution forward',
  'to the input',
  'to the filters',
  'matrix product',
  'batch norm',
  'elementwise',
  'reorder',
  'other of oneDNN',
]

/** What a line of oneDNN's tells: the kind of its primitive and milliseconds; undefined of any other line. */
export function primitiveOf(line) {
  const fields = line.split(',')
  if (fields[0] !== 'onednn_verbose' || !fields.includes('exec')) return undefined
  const milliseconds = Number(fields.at(-1))
  if (!Number.isFinite(milliseconds)) return undefined
  const [primitive, , propagation] = fields.slice(fields.indexOf('exec') + 2)
  return { kind: kindOf(primitive, propagation), milliseconds }
}

function kindOf(primitive, propagation) {
  switch (primitive) {
    case 'convolution':
    case 'deconvolution':
      if (propagation === 'backward_data') return 'to the input'
      return propagation === 'backward_weights' ? 'to the filters' : 'convolution forward'
    case 'matmul':
    case 'inner_product':
    case 'gemm_api':
      return 'matrix product'
    case 'batch_normalization':
      return 'batch norm'
    case 'eltwise':
    case 'binary':
    case 'sum':
      return 'elementwise'
    case 'reorder':
      return 'reorder'
    default:
      return 'other of oneDNN'
  }
}

/** Adds up the primitives of each part; a line `part,NAME` says whose the following ones are. */
export function createAccount() {
  const milliseconds = {}
  let part
  return {
    milliseconds,
    begin(name) {
      part = name
    },
    line(text) {
      if (text.startsWith('part,')) part = text.slice('part,'.length)
      const primitive = primitiveOf(text)
      if (!primitive || part === undefined) return
      milliseconds[part] ??= {}
      milliseconds[part][primitive.kind] = (milliseconds[part][primitive.kind] ?? 0) + primitive.milliseconds
    },
  }
}

/** Milliseconds of one execution of each part by kind, `rest` what no primitive took of the clock. */
async function profileOne(definition, { repeats }) {
  let account = createAccount()
  const subject = await startSubject({
    ...definition,
    environment: { ...definition.environment, ONEDNN_VERBOSE: '1' },
    onLine: (line) => account.line(line),
  })
  const clock = {}
  const phases = [...new Set(parts.map(({ phase }) => phase))]
  try {
    for (let round = -warmUps; round < repeats; round += 1) {
      if (round === 0) account = createAccount()
      for (const phase of phases) {
        account.begin(phase)
        const times = await subject.ask(phase)
        if (round < 0) continue
        for (const { id, phase: of } of parts)
          if (of === phase) clock[id] = (clock[id] ?? 0) + (times[id] ?? times.total) * 1000
      }
    }
  } finally {
    await subject.end()
  }
  return Object.fromEntries(
    parts.map(({ id, executions }) => {
      const sums = account.milliseconds[id] ?? {}
      const byKind = Object.fromEntries(kinds.map((kind) => [kind, (sums[kind] ?? 0) / repeats / executions]))
      const total = clock[id] / repeats
      const inPrimitives = Object.values(byKind).reduce((sum, value) => sum + value, 0)
      return [id, { ...byKind, rest: total - inPrimitives, total }]
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
