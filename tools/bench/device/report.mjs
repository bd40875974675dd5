/** The sections as tables, on the terminal and between their marks in a document. */
import fs from 'node:fs'
import { say } from '../../../src/main/setup/report.mjs'
import { machine } from '../instructions.mjs'
import { machineWords } from '../reportFile.mjs'

export const marks = ['<!-- Measured by npm run bench:device. -->', '<!-- End of what bench:device measured. -->']

const tableOf = ({ title, words, head, rows }) =>
  [
    `## ${title}`,
    '',
    words,
    '',
    `| ${head.join(' | ')} |`,
    `|${head.map(() => '---|').join('')}`,
    ...rows.map((row) => `| ${row} |`),
    '',
  ].join('\n')

export function formatSections(sections, command) {
  return [
    `\`${command}\` on ${new Date().toISOString().slice(0, 10)} (${machineWords(machine())}).`,
    '',
    ...sections.map(tableOf),
  ].join('\n')
}

/** The document with the text between its marks; without marks at the end. */
export function placed(document, text) {
  const [begin, end] = marks
  const [from, to] = [document.indexOf(begin), document.indexOf(end)]
  const block = `${begin}\n\n${text}\n${end}`
  if (from < 0 || to < from) return `${document.trimEnd()}\n\n${block}\n`
  return document.slice(0, from) + block + document.slice(to + end.length)
}

export function writeSections(sections, { file, command, print }) {
  const text = formatSections(sections, command)
  if (print) process.stdout.write(`${text}\n`)
  if (file === null) return
  fs.writeFileSync(file, placed(fs.readFileSync(file, 'utf8'), text))
  say(`written to ${file}`)
}
