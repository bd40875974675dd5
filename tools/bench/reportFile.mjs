/** Report files: a measured part that the benchmark writes, and notes below it that it keeps. */
import fs from 'node:fs'
import { say } from '../../src/main/setup/report.mjs'

const notesMarker = '<!-- Written by hand below this line; the benchmark keeps it. -->'

/** Replaces the measured part of `file`; what was written there by hand stays. */
export function writeReportFile(report, file) {
  const before = fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : ''
  const at = before.indexOf(notesMarker)
  const notes = at < 0 ? `${notesMarker}\n` : before.slice(at)
  fs.writeFileSync(file, `${report}\n${notes}`)
  say(`written to ${file}`)
}

/** The machine as reports name it. */
export const machineWords = ({ cpu, cores, load }) => `${cpu}, ${cores} cores; load ${load.join(', ')} at the end`
