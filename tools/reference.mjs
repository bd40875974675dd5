#!/usr/bin/env node
/** Writes docs/reference.md from the declarations of all members. */
import fs from 'node:fs'
import path from 'node:path'
import { runnerImport } from 'vite'
import { projectRoot } from './setup/paths.mjs'

const target = path.join(projectRoot, 'docs', 'reference.md')
const { module } = await runnerImport(path.join(projectRoot, 'src/main/engine/control/experiments/reference.ts'), {
  configFile: false,
  root: projectRoot,
})
fs.writeFileSync(target, module.referenceMarkdown())
process.stdout.write(`Wrote ${path.relative(process.cwd(), target)}.\n`)
