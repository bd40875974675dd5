import { readFileSync, readdirSync } from 'node:fs'
import { expect, it } from 'vitest'

/**
 * The clock of the machine says what time it is, for people. It jumps: durations, patience and throttles use
 * performance.now(), order has numbers of its own. Each file here writes down or shows a time, and nothing else.
 */
const tellsTheTime = [
  'src/main/cli/tableExport.ts', // when a table was exported
  'src/main/engine/control/analyses/service.ts', // of what was asked, for people; the newest is later than all before
  'src/main/engine/control/api/engine.ts', // when a study was made, madeAfter its forerunners
  'src/main/engine/control/api/handlers/engine.ts', // since when the engine runs
  'src/main/engine/control/executors/journal/requests.ts', // when something was asked; nobody compares it
  'src/main/engine/control/executors/shortJobs.ts', // in a ping that comes back as it was
  'src/main/engine/control/executors/slurm/index.ts', // when a job was submitted
  'src/main/engine/control/executors/slurm/jobFile.ts', // part of a name, beside a random one
  'src/main/engine/control/executors/slurm/sender.ts', // when a job was submitted
  'src/main/engine/control/log.ts', // of a line
  'src/main/engine/control/runs/bin.ts', // when a run was deleted
  'src/main/engine/control/runs/manyRuns.ts', // when a run was archived
  'src/main/engine/control/runs/recorder.ts', // when a run began and ended, and of lines
  'src/main/engine/control/runs/recovery.ts', // when a run ended
  'src/main/engine/control/store/index.ts', // in the name of a damaged database
  'src/main/engine/control/store/order.ts', // raised to be after all before it
  'src/main/engine/control/store/privacy.ts', // when a workspace was closed
  'src/main/engine/control/tables/question.ts', // "the last week" in a query
  'src/main/engine/families/datasets/files/archives/unpacked.ts', // when an archive was used
  'src/main/engine/families/runExporters/abdrun/index.ts', // when it was written
  'src/main/engine/families/runExporters/mlflow/index.ts', // when a run ended
  'src/main/engine/trainer/task/fence.ts', // in the name of an attempt, raised to be after all before it
  'src/main/engine/trainer/task/index.ts', // a heartbeat, which control compares with the one before
  'src/main/engine/trainer/task/journal.ts', // of a line; lines are numbered
  'src/main/host/controlProcess.ts', // since when a workspace is locked

  'src/main/machine/temporaries.mjs', // where a disk cannot be asked for its own
  'src/renderer/composables/useNow.ts', // "3 min ago"
  'src/renderer/pivot/usePivotExport.ts', // when a table was exported
  'src/renderer/stores/runEdits.ts', // when a run was deleted
]

it('decides nothing: only what shows or writes a time asks for it', () => {
  const asking = readdirSync('src', { recursive: true, encoding: 'utf8' })
    .map((file) => `src/${file}`)
    .filter((file) => /\.(?:ts|vue|mjs)$/.test(file))
    .filter((file) => /\bDate\.now\(\)|new Date\(\)/.test(readFileSync(file, 'utf8')))
  expect(asking.sort()).toEqual(tellsTheTime)
})
