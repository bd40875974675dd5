/**
 * The inspector process: reads one weights file that nobody has vouched for, tells what it holds, and ends. What such a
 * file can bring down is this process.
 */
import { writeFileSync } from 'node:fs'
import { toCauses } from '../../../shared/errors'
import type { InspectedFile, InspectorReply } from '../control/api/inspectModel'
import { inspectCheckpoint } from '../families/importers'

/** Where memory runs out, the kernel ends this process before any other. */
function volunteerForMemory(): void {
  try {
    writeFileSync('/proc/self/oom_score_adj', '1000')
  } catch {
    // Some containers forbid it; the limits of the caller remain.
  }
}

async function inspect({ file, weights = '' }: InspectedFile): Promise<InspectorReply> {
  try {
    const { ignored: _ignored, metadata: _metadata, ...report } = await inspectCheckpoint(file, { weights })
    return { report }
  } catch (error) {
    return { causes: toCauses(error) }
  }
}

volunteerForMemory()
process.on('message', (asked: InspectedFile) => {
  void inspect(asked).then((reply) => {
    process.send?.(reply, undefined, undefined, () => process.exit(0))
  })
})
// Without control nobody waits for the answer.
process.on('disconnect', () => process.exit(0))
