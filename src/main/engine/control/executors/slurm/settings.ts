/**
 * How a workspace's tasks are sent to Slurm. Declared once: form, command line, validation and the batch script follow.
 */
import { choice, defaultsOf, integer, text, type ParameterSchema, type ValuesOf } from '../../../../../shared/schema'

/** What may stand unquoted in a line "#SBATCH --name=value". */
const word = '^[A-Za-z0-9_.:,@+/=\\-]*$'
/** Lines that begin with an option of sbatch; nothing that ends the line's meaning. */
const optionLines = '^(--?[A-Za-z][A-Za-z0-9-]*([= ][^\\n\\r]*)?(\\r?\\n|$))*$'

export const slurmSettingsSchema = {
  partition: text({
    label: 'Partition',
    default: '',
    maxLength: 200,
    pattern: word,
    help: 'Where jobs go; empty: the cluster’s default. Several with commas: whichever is free first.',
  }),
  account: text({
    label: 'Account',
    default: '',
    maxLength: 200,
    pattern: word,
    help: 'Whom the cluster charges, where it keeps accounts.',
  }),
  qos: text({
    label: 'Quality of service',
    default: '',
    maxLength: 200,
    pattern: word,
    help: 'Sets limits and priority on some clusters; empty: the account’s default.',
  }),
  gpu: choice({
    label: 'GPU of a task',
    default: 'none',
    help: 'What each task asks for. A study of small networks runs several runs per GPU with a share.',
    options: [
      { value: 'none', label: 'None: the CPU computes' },
      { value: 'whole', label: 'One GPU' },
      { value: 'share', label: 'A share of a GPU', help: 'The cluster must offer shards (GresTypes=gpu,shard).' },
      { value: 'gres', label: 'As written', help: 'Any --gres, e.g. "gpu:a100:1" or "mps:25".' },
    ],
  }),
  gpuType: text({
    label: 'Kind of GPU',
    default: '',
    maxLength: 100,
    pattern: word,
    visibleWhen: { field: 'gpu', equals: 'whole' },
    help: 'Where the cluster has several, e.g. "a100"; "sinfo -o %G" lists them.',
  }),
  shards: integer({
    label: 'Shards of a task',
    unit: 'shards',
    default: 1,
    min: 1,
    max: 1024,
    visibleWhen: { field: 'gpu', equals: 'share' },
    help: 'Of those the cluster cut each GPU into: with 4 per GPU, 1 lets four runs share one.',
  }),
  gres: text({
    label: 'Generic resource',
    default: 'gpu:1',
    maxLength: 200,
    pattern: word,
    visibleWhen: { field: 'gpu', equals: 'gres' },
    help: 'Taken as it is for --gres.',
  }),
  cpus: integer({
    label: 'CPUs of a task',
    unit: 'CPUs',
    default: 4,
    min: 1,
    max: 1024,
    help: 'Where a run names its threads, that number counts instead.',
  }),
  memory: integer({
    label: 'Memory of a task',
    unit: 'MB',
    default: 8000,
    min: 0,
    max: 100_000_000,
    help: '0: the partition’s default. A task that takes more is ended by Slurm (OUT_OF_MEMORY).',
  }),
  timeLimit: integer({
    label: 'Time limit of a job',
    unit: 'minutes',
    default: 240,
    min: 1,
    max: 525_600,
    help: 'A task that needs longer writes a checkpoint, goes back into the queue and goes on; short limits start sooner.',
  }),
  signalLead: integer({
    label: 'Warning before the time limit',
    unit: 'seconds',
    default: 180,
    min: 20,
    max: 36_000,
    advanced: true,
    help: 'How long before its time limit a task is told to write its checkpoint; Slurm may tell it up to a minute earlier.',
  }),
  concurrency: integer({
    label: 'Tasks at once',
    unit: 'tasks',
    default: 0,
    min: 0,
    max: 100_000,
    help: 'At most so many run together; 0: as many as the cluster lets. Shared out over the arrays that may run.',
  }),
  arraySize: integer({
    label: 'Tasks of an array',
    unit: 'tasks',
    default: 0,
    min: 0,
    max: 4_000_000,
    advanced: true,
    help: 'Longer ones are split; 0: the cluster’s MaxArraySize alone.',
  }),
  submitLimit: integer({
    label: 'Tasks in the cluster’s queue',
    unit: 'tasks',
    default: 0,
    min: 0,
    max: 4_000_000,
    help: 'Where an account may have only so many jobs at a time; the rest waits here and follows. 0: no limit.',
  }),
  options: text({
    label: 'Further options of sbatch',
    ownerOnly: true,
    default: '',
    maxLength: 4000,
    pattern: optionLines,
    multiline: true,
    placeholder: '--constraint=a100\n--exclude=node17',
    advanced: true,
    help: 'One a line, as after #SBATCH. They come before the options that ABD Workbench needs, which win.',
  }),
  prelude: text({
    label: 'Lines before the task',
    ownerOnly: true,
    default: '',
    maxLength: 8000,
    multiline: true,
    placeholder: 'module load nodejs/20',
    help: 'Shell lines that run on the node first, such as module loads.',
  }),
  node: text({
    label: 'Node.js on the nodes',
    ownerOnly: true,
    default: '',
    maxLength: 4000,
    help: 'Program or absolute path; empty: the path of the one that runs this engine.',
  }),
  pollSeconds: integer({
    label: 'Ask Slurm every',
    unit: 'seconds',
    default: 15,
    min: 1,
    max: 3600,
    advanced: true,
    help: 'One squeue for all tasks. What a run finds comes from its journal, at once.',
  }),
} satisfies ParameterSchema

export type SlurmSettings = ValuesOf<typeof slurmSettingsSchema>

export const defaultSlurmSettings: Readonly<SlurmSettings> = defaultsOf(slurmSettingsSchema)
