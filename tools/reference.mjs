#!/usr/bin/env node
/** Writes docs/reference.md, the tables of docs/imports.md and resources/study.schema.json from the declarations. */
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
const { module: imports } = await runnerImport(path.join(control, 'experiments/importsPage.ts'), options)
const importsPage = path.join('docs', 'imports.md')
write(importsPage, imports.withImportTables(fs.readFileSync(path.join(projectRoot, importsPage), 'utf8')))
