/** The `abd` command. */
import { join, resolve } from 'node:path'
import { version } from '../../../package.json'
import { chooseNode, createEngineStarter, readOnlyText, workspaceFolder } from '../host'
import { serve } from '../server/serve'
import { flushed } from './flushed'
import { createOutput } from './output'
import { runProgram } from './program'

const output = createOutput()
const script = process.env.ABD_CONTROL ?? join(__dirname, 'control.js')
// The reader of a pipe may leave early (`abd runs | head`).
process.stdout.on('error', () => process.exit(0))

void runProgram(process.argv.slice(2), {
  version,
  output,
  async connect(workspace, { takeOver }) {
    const started = await createEngineStarter({
      workspace: workspaceFolder(workspace),
      script,
      takeOver,
      node: chooseNode({ execPath: process.execPath, versions: process.versions, packaged: false, env: process.env }),
    }).start()
    if (started.readOnly) output.tell(await readOnlyText(started.client))
    started.onExit((kind, reason) => {
      if (kind !== 'asked')
        output.tell(`The engine ended unexpectedly (${reason})${kind === 'crashed' ? '; starting it again.' : '.'}`)
    })
    return { client: started.client, dispose: () => started.dispose('release') }
  },
  async recognize(path) {
    const { datasets, recognizeDataset } = await import('../engine/families/datasets')
    return recognizeDataset(datasets, path)
  },
  root: resolve(__dirname, '..', '..'),
  serve: (options) => serve({ ...options, script }),
}).then(async (code) => {
  await Promise.all([flushed(process.stdout), flushed(process.stderr)])
  process.exit(code)
})
