/** What a number that a run records is called and means, and how members' numbers reach the catalogue. */

export interface MetricDefinition {
  title: string
  /** Shown on hover: formula and meaning. */
  definition: string
  unit: '' | '%' | 'images/s' | 's' | 'nats' | 'cores' | 'GB' | '°C'
  /** Views draw metrics of one group in one chart. */
  group: 'loss' | 'quality' | 'defense' | 'speed' | 'schedule' | 'system'
  /** Stands for a stage in a line of progress, where the stage records it. */
  headline?: true
  /** Names under which earlier versions recorded it; their runs keep their curves. */
  formerly?: readonly string[]
}

/** Under `<member>.<metric>`: the member's id and the name that the member gave it. */
export type MemberMetricName = `${string}.${string}`

interface Measuring {
  readonly id: string
  readonly metrics?: Readonly<Record<string, MetricDefinition>>
}

/** The metrics of members as the catalogue names them. */
export const metricsOfMembers = (members: readonly Measuring[]): Record<MemberMetricName, MetricDefinition> =>
  Object.fromEntries(
    members.flatMap(({ id, metrics = {} }) =>
      Object.entries(metrics).map(([name, definition]) => [`${id}.${name}`, definition]),
    ),
  )

/** Today's name of each metric by the names that it had. @throws where two metrics claim one name */
export function currentNames(definitions: Readonly<Record<string, MetricDefinition>>): ReadonlyMap<string, string> {
  const names = new Map<string, string>()
  for (const [name, { formerly = [] }] of Object.entries(definitions)) {
    for (const former of formerly) {
      const other = names.get(former) ?? (former in definitions ? former : undefined)
      if (other !== undefined) throw new Error(`Both ${other} and ${name} were called ${former}.`)
      names.set(former, name)
    }
  }
  return names
}
