/** Makes a generated workspace. Arguments: folder, number of runs, and "explored" where its images are measured. */
import { exploredRun, makeWorkspace } from './workspace'

const [folder, runs, explored] = process.argv.slice(2)
if (folder === undefined || !(Number(runs) >= 1)) throw new Error('Wanted: a folder and a number of runs.')
const told = (made: number) => void process.stderr.write(`\r${made} of ${runs} runs`)
void makeWorkspace(folder, Number(runs), { told, ...(explored ? { last: exploredRun } : {}) }).then(() =>
  process.stderr.write(`\r${runs} runs in ${folder}\n`),
)
