import { resolve } from 'node:path'
import { jsonLine, printable } from '../output'
import { defineCommand, wantedArgument } from './command'

export const importFile = defineCommand<{ weights?: string }>({
  name: 'import',
  description: 'report what a weights file holds',
  examples: [
    ['abd import teacher.pt', 'its network, what is odd about it, and its SHA-256; nothing in it is run'],
    ['abd import models.pth --weights netC', 'one of several networks in it'],
  ],
  declare: (command) =>
    command
      .argument('<file>')
      .option('--weights <key>', 'which weights, where the file holds several networks (default: the only known one)'),
  async run({ client, output, json }, { weights }, given) {
    // The engine works in another folder: a path typed here is made absolute here.
    const report = await client.call('model.inspect', { file: resolve(wantedArgument(given)), weights })
    const { accepted, reason, architecture, key, candidates, tensors, sha256, findings } = report
    const lines = [
      accepted
        ? `accepted: ${architecture?.title}, ${tensors} tensors`
        : `refused: ${printable(reason ?? 'no reason given')}`,
      ...(sha256 ? [`SHA-256 ${sha256}`] : []),
      ...findings.map((finding) => `${finding.severity}: ${printable(finding.message)}`),
    ]
    output.result(
      json
        ? jsonLine({ accepted, reason, architecture, key, candidates, tensors, sha256, findings })
        : lines.join('\n'),
    )
    return accepted ? 0 : 2
  },
})
