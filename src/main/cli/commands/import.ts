import { resolve } from 'node:path'
import { jsonLine, printable } from '../output'
import { defineCommand, wantedArgument } from './command'

export const importFile = defineCommand({
  name: 'import',
  description: 'report what a weights file holds',
  declare: (command) => command.argument('<file>'),
  async run({ client, output, json }, _flags, given) {
    // The engine works in another folder: a path typed here is made absolute here.
    const report = await client.call('model.inspect', { file: resolve(wantedArgument(given)) })
    const { accepted, reason, architecture, tensors, sha256, findings } = report
    const lines = [
      accepted
        ? `accepted: ${architecture?.title ?? 'unknown architecture'}, ${tensors} tensors`
        : `refused: ${printable(reason ?? 'no reason given')}`,
      ...(sha256 ? [`SHA-256 ${sha256}`] : []),
      ...findings.map((finding) => `${finding.severity}: ${printable(finding.message)}`),
    ]
    output.result(json ? jsonLine({ accepted, reason, architecture, tensors, sha256, findings }) : lines.join('\n'))
    return accepted ? 0 : 2
  },
})
