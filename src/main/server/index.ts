/** Entry of served mode (`npm run serve`, and `npm start` where no window can open). */
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { serve, type ServeOptions } from './serve'

type Arguments = Pick<ServeOptions, 'workspace' | 'host' | 'port' | 'takeOver'>

function readArguments(): Arguments | string {
  try {
    const { values } = parseArgs({
      options: {
        workspace: { type: 'string' },
        host: { type: 'string' },
        port: { type: 'string' },
        'take-over': { type: 'boolean' },
      },
      strict: true,
    })
    const port = values.port === undefined ? undefined : Number(values.port)
    if (port !== undefined && !(Number.isInteger(port) && port >= 0 && port <= 65_535))
      return `--port wants a number from 0 to 65535, got ${values.port ?? ''}`
    const { 'take-over': takeOver, ...others } = values
    return { ...others, port, takeOver }
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

const options = readArguments()
if (typeof options === 'string') {
  process.stderr.write(`${options}\n`)
  process.exit(2)
}
void serve({
  ...options,
  script: process.env.ABD_CONTROL ?? join(__dirname, 'control.js'),
  // Whoever started this with a channel (tools/dev.mjs) goes on when the engine answers.
  onReady: (url) => process.send?.({ url }),
}).then((code) => process.exit(code))
