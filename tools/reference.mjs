#!/usr/bin/env node
/** Writes docs/reference.md and resources/study.schema.json from the declarations. */
import fs from 'node:fs'
import path from 'node:path'
import { runnerImport } from 'vite'
import { projectRoot } from './setup/paths.mjs'

const options = { configFile: false, root: projectRoot }
const write = (target, text) => {
  fs.writeFileSync(path.join(projectRoot, target), text)
  process.stdout.write(`Wrote ${target}.\n`)
}
const control = path.join(projectRoot, 'src/main/engine/control')

const { module: reference } = await runnerImport(path.join(control, 'experiments/reference.ts'), options)
write(path.join('docs', 'reference.md'), reference.referenceMarkdown())
const { module: studies } = await runnerImport(path.join(control, 'studies/file/schema.ts'), options)
write(path.join('resources', 'study.schema.json'), studies.studyFileJsonSchema())
