/** The parts in TypeScript, and the generated workspace. */
import fs from 'node:fs'
import path from 'node:path'
import { bundle } from '../run/bundle.mjs'
import { runInForeground } from '../run/child.mjs'
import { projectRoot } from '../setup/paths.mjs'
import { SetupError } from '../../src/main/setup/report.mjs'

/** Of what is measured outside the page. */
export const script = (name) => bundle(`test/bench/views/${name}.ts`, path.join(projectRoot, 'out', 'bench-views'))

/** @param explored whether the last run's images are measured, for the explorer's plane and the time machine */
export async function makeWorkspace(folder, runs, explored = false) {
  if (fs.existsSync(path.join(folder, 'workspace.sqlite')))
    throw new SetupError(`There is a workspace in ${folder} already. Choose another folder.`)
  fs.mkdirSync(folder, { recursive: true })
  const code = await runInForeground(
    process.execPath,
    [await script('make'), folder, String(runs), ...(explored ? ['explored'] : [])],
    {
      cwd: projectRoot,
    },
  )
  if (code !== 0) throw new SetupError(`The workspace could not be made (exit code ${code}).`)
}
