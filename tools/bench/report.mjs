/** The results as docs/benchmarks.md, and as tables on the terminal. */
import { comparedFigures } from './figures.mjs'
import { goalOf } from './goals.mjs'
import { memorySection } from './memoryReport.mjs'
import { peakSection } from './peak.mjs'
import { numbersSection } from './numbers.mjs'
import { preliminarySection } from './preliminaryReport.mjs'
import { machineWords, writeReportFile } from './reportFile.mjs'
import { oursIn } from './subjects.mjs'
import { groups, groupTitles, plainVariant } from './variants.mjs'

const otherTitles = { [plainVariant]: 'tuned PyTorch', published: 'as published', against: 'the other checkout' }

const time = (value) =>
  value === undefined
    ? '–'
    : `${value.median.toFixed(3)} (${value.lowerQuartile.toFixed(3)}–${value.upperQuartile.toFixed(3)})`

const table = (head, rows) => [
  `| ${head.join(' | ')} |`,
  `|---|${head
    .slice(1)
    .map(() => '---|')
    .join('')}`,
  ...rows.map((cells) => `| ${cells.join(' | ')} |`),
]

/** What ours is compared with: groups by their fastest variant, and single subjects. */
function comparisonsOf({ baselines, seconds }) {
  const [first = {}] = Object.values(seconds)
  return [
    ...groups
      .filter((group) => baselines[group])
      .map((group) => ({ id: group, title: groupTitles[group], subjectOf: (figure) => baselines[group][figure] })),
    ...Object.entries(otherTitles)
      .filter(([subject]) => first[subject])
      .map(([subject, title]) => ({ id: subject, title, subjectOf: () => subject })),
  ]
}

/** Which variant was the fastest is in the cell: it differs from part to part. */
const named = (id, subject) => (groups.includes(id) && subject ? ` ${subject.split(': ').at(-1)}` : '')

function timesTable({ seconds }, precision, comparisons) {
  return table(
    ['Seconds, median (quartiles)', `ABD Workbench, ${precision}`, ...comparisons.map(({ title }) => title)],
    comparedFigures
      .filter(({ id }) => seconds[id])
      .map(({ id, title }) => [
        title,
        time(seconds[id][oursIn(precision)]),
        ...comparisons.map((comparison) => {
          const subject = comparison.subjectOf(id)
          return `${time(seconds[id][subject])}${named(comparison.id, subject)}`
        }),
      ]),
  )
}

function ratiosTable({ precisions, seconds, settings, machine }, precision, comparisons) {
  const { ratios } = precisions[precision]
  const cell = (comparison, figure) => {
    const value = ratios[comparison]?.[figure]
    if (value === undefined) return '–'
    const goal = goalOf({ kind: settings.kind, precision, comparison, figure, instructions: machine.instructions })
    if (goal === undefined) return value.toFixed(2)
    return `${value.toFixed(2)} (goal ${goal}${value >= goal ? '' : ', missed'})`
  }
  return table(
    [`Their time / our time in ${precision}`, ...comparisons.map(({ title }) => title)],
    comparedFigures
      .filter(({ id }) => seconds[id])
      .map(({ id, title }) => [title, ...comparisons.map((comparison) => cell(comparison.id, id))]),
  )
}

const baselineNotes = {
  zskt: [
    "- *as published*: the authors' solver, which draws the same synthetic batch, runs the teacher and back-propagates through the generator in each of its 10 student iterations.",
    "- *tuned PyTorch*: the same mathematics with the authors' networks as a careful PyTorch user would write it, run as it is.",
    '- *best float32* and *best autocast PyTorch*: that loop also with `channels_last`, with `torch.compile` and with both, in float32 and under `torch.autocast(bfloat16)`. A short round of all of them picks the fastest for each part; only these run all repeats, and the cell says which it was.',
  ],
  inversion: [
    "- *as published*: the authors' `CMISynthesizer.synthesize` and `vanilla_kd_ood.train_kd`, with kornia's augmentations; writing and reading its PNG files is not timed.",
    "- A CMI call is 3 synthesis steps here (200 in the reference's setting) against a full memory bank of 4,096 rows, 1,024 negatives per step.",
  ],
}

function headOf({ settings, machine, versions, date }, comparisons) {
  const comparison = comparisons.some(({ id }) => id === 'against') ? '--against' : '--reference'
  const { suite, precisions, batch, threads, repeats, warmUps } = settings
  const device = settings.kind === 'gpu' ? '--device gpu ' : ''
  const sizes = `--batch ${batch} --threads ${threads} --repeats ${repeats} --warm-ups ${warmUps}`
  const command = `npm run bench -- ${device}--suite ${suite} --precision ${precisions.join(',')} ${sizes} ${comparison} PATH`
  return [
    settings.suite === 'zskt' ? '# Benchmarks' : '# Benchmarks of the inversion family',
    '',
    `Written by \`${command}\` on ${date}: batch ${batch}, WRN-16-2 → WRN-16-1, ${threads} threads each, ${repeats} repeats after ${warmUps} uncounted,`,
    'all subjects in one run and in turn, in processes of their own. Ours has its allocator settings as a run has them.',
    '',
    `- Device: ${settings.device} (${machineWords(machine)}); execution: ${settings.execution}`,
    `- Instruction sets: ${machine.instructions.join(', ') || 'none that matters here'}`,
    `- Versions: ${Object.entries(versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(', ')}`,
    ...(comparisons.some(({ id }) => id !== 'against') ? baselineNotes[settings.suite] : []),
    '',
  ]
}

export function formatReport(result) {
  const comparisons = comparisonsOf(result)
  return [
    ...headOf(result, comparisons),
    ...result.settings.precisions.flatMap((precision) => [
      ...timesTable(result, precision, comparisons),
      '',
      ...(comparisons.length > 0 ? [...ratiosTable(result, precision, comparisons), ''] : []),
    ]),
    ...peakSection(result),
    ...preliminarySection(result),
    ...numbersSection(result),
    ...memorySection(result, otherTitles.published),
  ].join('\n')
}

/**
 * Prints the report, and replaces the measured part of `file` where one is named; what was written there by hand stays.
 */
export function writeReport(result, { file, print }) {
  const report = formatReport(result)
  if (print) process.stdout.write(`${report}\n`)
  if (file !== null) writeReportFile(report, file)
}
