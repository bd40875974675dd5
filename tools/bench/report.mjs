/** The results as docs/benchmarks.md, and as a table on the terminal. */
import fs from 'node:fs'
import { say } from '../setup/report.mjs'
import { figures } from './summary.mjs'

const notesMarker = '<!-- Written by hand below this line; the benchmark keeps it. -->'
const titles = { ours: 'ABD Workbench', tuned: 'tuned PyTorch', published: 'as published' }

/** What the figures are to reach, as their time / our time. */
const goals = {
  tuned: { pseudoBatch: 1.3, pseudoBatchVaccine: 1.3, generator: 1.3, student: 1.3, teacher: 1.2, evaluation: 1.2 },
  published: { pseudoBatch: 4, pseudoBatchVaccine: 4 },
}

const time = (value) => value === undefined ? '–' : `${value.median.toFixed(3)} (${value.lowerQuartile.toFixed(3)}–${value.upperQuartile.toFixed(3)})`

function timesTable({ seconds }, subjects) {
  const rows = figures.map(({ id, title }) => `| ${[title, ...subjects.map((subject) => time(seconds[id][subject]))].join(' | ')} |`)
  return [`| Seconds, median (quartiles) | ${subjects.map((subject) => titles[subject]).join(' | ')} |`, `|---|${subjects.map(() => '---|').join('')}`, ...rows]
}

function ratiosTable({ ratios }, baselines) {
  const cell = (subject, id) => {
    const value = ratios[subject]?.[id]
    if (value === undefined) return '–'
    const goal = goals[subject]?.[id]
    return goal === undefined ? value.toFixed(2) : `${value.toFixed(2)} (goal ${goal}${value >= goal ? '' : ', missed'})`
  }
  const rows = figures.map(({ id, title }) => `| ${[title, ...baselines.map((subject) => cell(subject, id))].join(' | ')} |`)
  return [`| Their time / our time | ${baselines.map((subject) => titles[subject]).join(' | ')} |`, `|---|${baselines.map(() => '---|').join('')}`, ...rows]
}

function memoryTable({ memory }) {
  const row = ([subject, { peak, anonymous, files, heap }]) => `| ${titles[subject]} | ${Math.round(peak)} | ${Math.round(anonymous)} | ${Math.round(files)} | ${heap === undefined ? '–' : Math.round(heap)} |`
  return ['| MiB after 5 pseudo batches | peak | own memory | libraries | JavaScript heap |', '|---|---|---|---|---|', ...Object.entries(memory).map(row)]
}

export function formatReport(result) {
  const subjects = Object.keys(titles).filter((subject) => result.seconds.pseudoBatch[subject])
  const baselines = subjects.filter((subject) => subject !== 'ours')
  const { settings, machine, versions } = result
  return [
    '# Benchmarks', '',
    `Written by \`npm run bench\` on ${result.date}: batch ${settings.batch}, WRN-16-2 → WRN-16-1, ${settings.threads} threads each, ${settings.repeats} repeats after ${settings.warmUps} warm-ups,`,
    'all subjects in one run and in turn, in processes of their own. float32 everywhere.', '',
    `- Device: ${settings.device} (${machine.cpu}, ${machine.cores} cores; load ${machine.load.join(', ')} at the end of the run); execution: ${settings.execution}`,
    `- Versions: ${Object.entries(versions).map(([name, version]) => `${name} ${version}`).join(', ')}`,
    '- *as published*: the authors\' solver, which draws the same synthetic batch, runs the teacher and back-propagates through the generator in each of its 10 student iterations.',
    '- *tuned PyTorch*: the same mathematics with the authors\' networks as a careful PyTorch user would write it.', '',
    ...timesTable(result, subjects), '', ...(baselines.length > 0 ? [...ratiosTable(result, baselines), ''] : []), '## Memory', '', ...memoryTable(result), '',
  ].join('\n')
}

/** Replaces the measured part of the file; what was written by hand stays. */
export function writeReport(result, file) {
  const report = formatReport(result)
  process.stdout.write(`${report}\n`)
  if (Object.keys(result.ratios).length === 0) return
  const before = fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : ''
  const at = before.indexOf(notesMarker)
  const notes = at < 0 ? `${notesMarker}\n` : before.slice(at)
  fs.writeFileSync(file, `${report}\n${notes}`)
  say(`written to ${file}`)
}
