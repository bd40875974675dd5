/** Whether the device that an experiment asks for is there. */
import type { DeviceReport, ExperimentConfig } from '../../../../shared/domain'
import type { Issue } from '../../../../shared/schema'

/** The device of this machine, found by a short-lived trainer that runs an op. */
export interface DeviceProbe {
  /** What was found last; null before anybody asked. */
  known(): DeviceReport | null
  /** @param fresh asks again although it is known */
  find(options?: { fresh?: boolean; signal?: AbortSignal | undefined }): Promise<DeviceReport>
}

/** A GPU that was asked for fails the run where none works, so it is said before. */
export async function deviceIssues(
  { execution }: Pick<ExperimentConfig, 'execution'>,
  probe: DeviceProbe,
): Promise<Issue[]> {
  if (execution.device !== 'gpu') return []
  // A runtime that does not start is told by whoever needs it.
  const found = await probe.find().catch(() => null)
  if (!found || found.kind === 'gpu') return []
  return [
    {
      path: 'execution.device',
      severity: 'error',
      message: `wanted a GPU that works, got ${found.title}: ${withoutStop(found.reason ?? 'TensorFlow finds no GPU on this machine')}; choose Automatic or CPU, or see Settings, Device`,
    },
  ]
}

const withoutStop = (text: string): string => text.replace(/\.$/, '')
