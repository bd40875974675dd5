/** The memory table of the benchmark's report. */

/** Our peak memory over that of the authors' solver. */
const memoryGoal = 1.2

export function memorySection({ memory, peakMemoryOursToPublished: ratio }, publishedTitle) {
  if (!memory.ours) return []
  const row = (title, { peak, anonymous, files }) =>
    `| ${[title, ...[peak, anonymous, files].map((value) => Math.round(value))].join(' | ')} |`
  return [
    '## Memory',
    '',
    "Ours is a real `abd run`, control and trainer added up (VmHWM of each); own memory and libraries as they stand when the trainer's peak was last seen to grow.",
    '',
    '| MiB after 5 pseudo batches | peak | own memory | libraries |',
    '|---|---|---|---|',
    row('ABD Workbench', memory.ours),
    ...Object.entries(memory.ours.processes).map(([name, status]) => row(`– ${name}`, status)),
    ...(memory.published ? [row(publishedTitle, memory.published)] : []),
    '',
    ...(ratio === undefined
      ? []
      : [
          `Our peak / theirs: ${ratio.toFixed(2)} (goal at most ${memoryGoal}${ratio <= memoryGoal ? '' : ', missed'}).`,
          '',
        ]),
  ]
}
