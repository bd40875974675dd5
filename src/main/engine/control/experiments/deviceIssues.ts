/** Whether the device that an experiment asks for is there, and what the experiment's precision brings on it. */
import {
  ordinaryPrecision,
  precisionFactor,
  precisionSpeedSubject,
  precisionSpeedWords,
  type DeviceReport,
  type ExperimentConfig,
} from '../../../../shared/domain'
import { ExhaustiveError } from '../../../../shared/errors'
import type { Issue } from '../../../../shared/schema'
import { cardIssue, type CardNeed } from './cardIssue'

/** The device of this machine, found by a short-lived trainer that runs an op. */
export interface DeviceProbe {
  /** What was found last; null before anybody asked. */
  known(): DeviceReport | null
  /**
   * @param fresh asks again although it is known
   * @param device 'cpu': of the processor, also where there is a GPU
   */
  find(options?: {
    fresh?: boolean | undefined
    signal?: AbortSignal | undefined
    device?: 'cpu' | undefined
  }): Promise<DeviceReport>
}

/**
 * What fails a run where it is not there, and what gains nothing there, is said before.
 * @param need what the stages would hold on a card; asked for where one is known to be used
 */
export async function deviceIssues(
  { execution }: Pick<ExperimentConfig, 'execution'>,
  probe: DeviceProbe,
  need?: () => CardNeed,
): Promise<Issue[]> {
  const { device, precision } = execution
  const asked = device === 'gpu' || precision !== ordinaryPrecision
  // TensorFlow is not started for a configuration that leaves the device to it; what is known by then is enough.
  const found = asked ? await foundFor(execution, probe) : probe.known()
  // A runtime that does not start is told by whoever needs it.
  if (!found) return []
  const onCard = need && found.kind === 'gpu' && device !== 'cpu' ? cardIssue(found, need()) : null
  return [...(asked ? askedIssues(execution, found) : []), ...(onCard ? [onCard] : [])]
}

/** What the run would compute on; null where TensorFlow does not start. */
function foundFor(
  { device, precision }: ExperimentConfig['execution'],
  probe: DeviceProbe,
): Promise<DeviceReport | null> {
  const processor = device === 'cpu' && precision !== ordinaryPrecision
  return probe.find(processor ? { device } : {}).catch(() => null)
}

/** Of a device or a precision that was asked for. */
function askedIssues({ device, precision }: ExperimentConfig['execution'], found: DeviceReport): Issue[] {
  if (device === 'gpu' && found.kind === 'cpu')
    return [
      error(
        'execution.device',
        `wanted a GPU that works, got ${gotInstead(found)}; choose Automatic or CPU, ${orLook}`,
      ),
    ]
  const issue = precisionIssue(found, precision)
  return issue ? [issue] : []
}

const error = (path: string, message: string): Issue => ({ path, severity: 'error', message })
const withoutStop = (text: string): string => text.replace(/\.$/, '')
const gotInstead = ({ title, reason }: DeviceReport): string =>
  `${title}: ${withoutStop(reason ?? 'TensorFlow finds no GPU on this machine')}`
const orLook = 'or see Settings, Device'

const path = 'execution.precision'
/** NVIDIA's first generation with TF32. */
const firstWithTf32 = 8
/** A precision that takes more than this share of float32's time gains nothing worth another result. */
const worthwhile = 0.9

function precisionIssue(found: DeviceReport, precision: ExperimentConfig['execution']['precision']): Issue | null {
  switch (precision) {
    case 'float32':
      return null
    case 'tf32':
      return tf32Issue(found)
    case 'mixed':
      return mixedIssue(found)
    default:
      throw new ExhaustiveError(precision)
  }
}

function tf32Issue(found: DeviceReport): Issue | null {
  if (found.kind === 'cpu')
    return error(
      path,
      `wanted a GPU, which alone computes in TF32, got ${gotInstead(found)}; choose float32, ${orLook}`,
    )
  const capability = Number(found.computeCapability ?? NaN)
  return capability < firstWithTf32
    ? error(
        path,
        `wanted a GPU that computes in TF32 (compute capability 8.0 or newer), got ${found.title} of ${found.computeCapability ?? ''}; choose float32`,
      )
    : null
}

function mixedIssue({ title, precisionSpeed: speed }: DeviceReport): Issue | null {
  // Where not even float32 could be timed, nothing is known.
  if (speed?.milliseconds.float32 === undefined) return null
  const factor = precisionFactor(speed, 'mixed')
  if (factor === null)
    return error(
      path,
      `wanted a device that computes in bfloat16, got ${title}, where a convolution in float32 was computed and one in bfloat16 was refused; choose float32, ${orLook}`,
    )
  if (factor < worthwhile) return null
  const without = speed.instructions === null ? ', whose processor has no instructions for bfloat16' : ''
  return {
    path,
    severity: 'warning',
    message: `gains nothing on this machine${without}: ${precisionSpeedSubject}, takes ${precisionSpeedWords(speed, 'mixed') ?? ''}`,
  }
}
