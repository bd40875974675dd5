/** The results as docs/benchmarks.md, and as a table on the terminal. */
import fs from 'node:fs'
import { say } from '../../src/main/setup/report.mjs'
import { figures } from './summary.mjs'

const notesMarker = '<!-- Written by hand below this line; the benchmark keeps it. -->'
const titles = {
  ours: 'ABD Workbench',
  tuned: 'tuned PyTorch',
  published: 'as published',
  against: 'the other checkout',
}

/** What the figures are to reach, as their time / our time. */
const goals = {
  tuned: { pseudoBatch: 1.3, pseudoBatchVaccine: 1.3, generator: 1.3, student: 1.3, teacher: 1.2, evaluation: 1.2 },
  published: { pseudoBatch: 4, pseudoBatchVaccine: 4, synthesis: 1.3, ood: 1.3 },
}

const time = (value) =>
  value === undefined
    ? '–'
    : `${value.median.toFixed(3)} (${value.lowerQuartile.toFixed(3)}–${value.upperQuartile.toFixed(3)})`

function timesTable({ seconds }, subjects) {
  const rows = figures
    .filter(({ id }) => seconds[id])
    .map(({ id, title }) => `| ${[title, ...subjects.map((subject) => time(seconds[id][subject]))].join(' | ')} |`)
  return [
    `| Seconds, median (quartiles) | ${subjects.map((subject) => titles[subject]).join(' | ')} |`,
    `|---|${subjects.map(() => '---|').join('')}`,
    ...rows,
  ]
}

function ratiosTable({ ratios, seconds }, baselines) {
  const cell = (subject, id) => {
    const value = ratios[subject]?.[id]
    if (value === undefined) return '–'
    const goal = goals[subject]?.[id]
    return goal === undefined
      ? value.toFixed(2)
      : `${value.toFixed(2)} (goal ${goal}${value >= goal ? '' : ', missed'})`
  }
  const rows = figures
    .filter(({ id }) => seconds[id])
    .map(({ id, title }) => `| ${[title, ...baselines.map((subject) => cell(subject, id))].join(' | ')} |`)
  return [
    `| Their time / our time | ${baselines.map((subject) => titles[subject]).join(' | ')} |`,
    `|---|${baselines.map(() => '---|').join('')}`,
    ...rows,
  ]
}

const memoryGoal = 1.2

function memorySection({ memory, peakMemoryOursToPublished: ratio }) {
  if (!memory.ours) return []
  const row = (title, { peak, anonymous, files }) =>
    `| ${[title, ...[peak, anonymous, files].map((value) => Math.round(value))].join(' | ')} |`
  return [
    '## Memory',
    '',
    "Ours is a real `abd run`, control and trainer added up (VmHWM of each); own memory and libraries as they stand when the trainer's peak was last seen to grow.",
    '',
    '| MiB after 5 pseudo batches | peak | own memory | libraries |',
    '|---|---|---|---|',
    row('ABD Workbench', memory.ours),
    ...Object.entries(memory.ours.processes).map(([name, status]) => row(`– ${name}`, status)),
    ...(memory.published ? [row(titles.published, memory.published)] : []),
    '',
    ...(ratio === undefined
      ? []
      : [
          `Our peak / theirs: ${ratio.toFixed(2)} (goal at most ${memoryGoal}${ratio <= memoryGoal ? '' : ', missed'}).`,
          '',
        ]),
  ]
}

const baselineNotes = {
  zskt: [
    "- *as published*: the authors' solver, which draws the same synthetic batch, runs the teacher and back-propagates through the generator in each of its 10 student iterations.",
    "- *tuned PyTorch*: the same mathematics with the authors' networks as a careful PyTorch user would write it.",
  ],
  inversion: [
    "- *as published*: the authors' `CMISynthesizer.synthesize` and `vanilla_kd_ood.train_kd`, with kornia's augmentations; writing and reading its PNG files is not timed.",
    "- A CMI call is 3 synthesis steps here (200 in the reference's setting) against a full memory bank of 4,096 rows, 1,024 negatives per step.",
  ],
}

export function formatReport(result) {
  const [firstFigure] = Object.values(result.seconds)
  const subjects = Object.keys(titles).filter((subject) => firstFigure[subject])
  const baselines = subjects.filter((subject) => subject !== 'ours')
  const { settings, machine, versions } = result
  const comparison = subjects.includes('against') ? '--against' : '--reference'
  return [
    settings.suite === 'zskt' ? '# Benchmarks' : '# Benchmarks of the inversion family',
    '',
    `Written by \`npm run bench -- --suite ${settings.suite} ${comparison} PATH\` on ${result.date}: batch ${settings.batch}, WRN-16-2 → WRN-16-1, ${settings.threads} threads each, ${settings.repeats} repeats after ${settings.warmUps} warm-ups,`,
    'all subjects in one run and in turn, in processes of their own. float32 everywhere. Ours has its allocator settings as a run has them.',
    '',
    `- Device: ${settings.device} (${machine.cpu}, ${machine.cores} cores; load ${machine.load.join(', ')} at the end of the run); execution: ${settings.execution}`,
    `- Versions: ${Object.entries(versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(', ')}`,
    ...(subjects.includes('published') || subjects.includes('tuned') ? baselineNotes[settings.suite] : []),
    '',
    ...timesTable(result, subjects),
    '',
    ...(baselines.length > 0 ? [...ratiosTable(result, baselines), ''] : []),
    ...memorySection(result),
  ].join('\n')
}

/**
 * Prints the report, and replaces the measured part of `file` where one is named; what was written there by hand stays.
 */
export function writeReport(result, { file, print }) {
  const report = formatReport(result)
  if (print) process.stdout.write(`${report}\n`)
  if (file === null) return
  const before = fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : ''
  const at = before.indexOf(notesMarker)
  const notes = at < 0 ? `${notesMarker}\n` : before.slice(at)
  fs.writeFileSync(file, `${report}\n${notes}`)
  say(`written to ${file}`)
}
