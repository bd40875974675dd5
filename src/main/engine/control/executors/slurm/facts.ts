/** What scontrol tells: limits of the cluster and of a partition, how a job ended. */

export interface ClusterLimits {
  readonly version: string
  /** Tasks of one array; 0: the cluster has no arrays. */
  readonly maxArraySize: number
}

export interface PartitionFacts {
  readonly name: string
  readonly state: string
  /** Minutes; null: no limit. */
  readonly maxMinutes: number | null
  readonly nodes: string
}

export function parseConfiguration(text: string): ClusterLimits {
  const value = (name: string): string | undefined => new RegExp(`^${name}\\s*=\\s*(.*)$`, 'm').exec(text)?.[1]?.trim()
  return { version: value('SLURM_VERSION') ?? 'unknown', maxArraySize: Number(value('MaxArraySize') ?? 1001) || 0 }
}

/** Of --oneliner; `name` empty: the default partition. */
export function parsePartition(text: string, name: string): PartitionFacts | null {
  const first = name.split(',')[0] ?? ''
  for (const line of text.split('\n')) {
    const value = (key: string): string => new RegExp(`(?:^|\\s)${key}=(\\S*)`).exec(line)?.[1] ?? ''
    const chosen = first === '' ? value('Default') === 'YES' : value('PartitionName') === first
    if (!chosen) continue
    return {
      name: value('PartitionName'),
      state: value('State'),
      maxMinutes: parseMinutes(value('MaxTime')),
      nodes: value('Nodes'),
    }
  }
  return null
}

/** Slurm's times: "30", "30:00", "2:00:00", "1-12", "1-12:30", "1-12:30:00"; null: UNLIMITED. */
export function parseMinutes(text: string): number | null {
  const match = /^(?:(\d+)-)?(\d+)(?::(\d+))?(?::(\d+))?$/.exec(text)
  if (!match) return null
  const [first, second, third] = [match[2], match[3], match[4]].map((part) => Number(part ?? 0)) as [
    number,
    number,
    number,
  ]
  if (match[1] !== undefined) return Number(match[1]) * 1440 + first * 60 + second + third / 60
  if (match[4] !== undefined) return first * 60 + second + third / 60
  return first + second / 60
}

export function parseJob(text: string): { code: number; signal: number } | null {
  const match = /(?:^|\s)ExitCode=(\d+):(\d+)/.exec(text)
  return match ? { code: Number(match[1]), signal: Number(match[2]) } : null
}
