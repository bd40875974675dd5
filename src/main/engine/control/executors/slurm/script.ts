/** The batch script: what sbatch is given, whole and readable. */
import type { SlurmSettings } from './settings'
import type { TaskNeeds } from '../executor'
import { allocator } from '../trainerEnvironment'

export interface ScriptPlan {
  readonly title: string
  /** Where the list of task folders and the output of Slurm itself lie; absolute. */
  readonly folder: string
  /** Tasks of the array; null: a single job. */
  readonly count: number | null
  /** Tasks of it at once; 0: no limit. */
  readonly limit: number
  readonly needs: TaskNeeds
  /** Jobs that must be done first. */
  readonly after: readonly string[]
  /** By which a submission is found again. */
  readonly comment: string
}

export interface ScriptPlaces {
  /** Node.js on the nodes where the settings name none. */
  readonly node: string
  /** The trainer's built entry. */
  readonly trainer: string
}

export const listName = 'tasks.txt'

export function batchScript(settings: SlurmSettings, plan: ScriptPlan, places: ScriptPlaces): string {
  const node = settings.node.trim() === '' ? places.node : settings.node.trim()
  const prelude = settings.prelude.replaceAll('\r', '').trim()
  return [
    // A login shell: "module" is defined there.
    '#!/bin/bash -l',
    ...extraOptions(settings).map((line) => `#SBATCH ${line}`),
    ...optionsOf(settings, plan).map((line) => `#SBATCH ${line}`),
    '',
    ...(prelude === '' ? [] : ['# From the settings: lines before the task', prelude, '']),
    `folder=$(sed -n "$((\${SLURM_ARRAY_TASK_ID:-0} + 1))p" ${quoted(`${plan.folder}/${listName}`)})`,
    '# TensorFlow counts the CPUs of the node where the cluster does not bind a job to its own.',
    'export TF_NUM_INTRAOP_THREADS="${SLURM_CPUS_PER_TASK:-1}" OMP_NUM_THREADS="${SLURM_CPUS_PER_TASK:-1}"',
    '# Memory of tensors is kept and in huge pages, as where the engine starts a trainer itself.',
    `export GLIBC_TUNABLES="\${GLIBC_TUNABLES:-${allocator}}"`,
    '# exec: the signal before the time limit reaches the task itself.',
    `exec ${quoted(node)} ${quoted(places.trainer)} --task "$folder" 2>>"$folder/output.log"`,
    '',
  ].join('\n')
}

/** Of the probe that says what a node computes on. */
export function probeScript(
  settings: SlurmSettings,
  { folder, report, minutes, paths }: { folder: string; report: string; minutes: number; paths: readonly string[] },
  places: ScriptPlaces,
): string {
  const node = settings.node.trim() === '' ? places.node : settings.node.trim()
  const prelude = settings.prelude.replaceAll('\r', '').trim()
  const plan: ScriptPlan = {
    title: 'abd probe',
    folder,
    count: null,
    limit: 0,
    needs: { threads: 0, device: 'auto' },
    after: [],
    comment: 'abd-probe',
  }
  return [
    '#!/bin/bash -l',
    ...extraOptions(settings).map((line) => `#SBATCH ${line}`),
    ...optionsOf({ ...settings, timeLimit: minutes }, plan)
      .filter((line) => !line.startsWith('--signal') && line !== '--requeue')
      .map((line) => `#SBATCH ${line}`),
    '',
    ...(prelude === '' ? [] : [prelude, '']),
    `exec ${quoted(node)} ${quoted(places.trainer)} --device-report ${quoted(report)} ${paths.map(quoted).join(' ')}`,
    '',
  ].join('\n')
}

function optionsOf(settings: SlurmSettings, plan: ScriptPlan): string[] {
  const { partition, account, qos, memory, timeLimit, signalLead } = settings
  const gres = plan.needs.device === 'cpu' ? null : gresOf(settings)
  const throttle = plan.limit > 0 ? `%${plan.limit}` : ''
  return [
    `--job-name=${jobName(plan.title)}`,
    ...(plan.count === null ? [] : [`--array=0-${plan.count - 1}${throttle}`]),
    ...(plan.after.length === 0 ? [] : [`--dependency=afterok:${plan.after.join(':')}`, '--kill-on-invalid-dep=yes']),
    ...(partition ? [`--partition=${partition}`] : []),
    ...(account ? [`--account=${account}`] : []),
    ...(qos ? [`--qos=${qos}`] : []),
    ...(gres === null ? [] : [`--gres=${gres}`]),
    '--nodes=1',
    '--ntasks=1',
    `--cpus-per-task=${plan.needs.threads > 0 ? plan.needs.threads : settings.cpus}`,
    ...(memory > 0 ? [`--mem=${memory}M`] : []),
    `--time=${timeLimit}`,
    `--signal=B:USR2@${signalLead}`,
    '--requeue',
    '--open-mode=append',
    `--output=${outputPattern(plan)}`,
    `--comment=${plan.comment}`,
  ]
}

/** In sbatch's patterns a % begins a number; one in a path is doubled. */
const outputPattern = ({ folder, count }: ScriptPlan): string =>
  optionText(`${folder.replaceAll('%', '%%')}/output-${count === null ? '0' : '%a'}.log`)

export const outputName = (index: number): string => `output-${index}.log`

function gresOf({ gpu, gpuType, shards, gres }: SlurmSettings): string | null {
  switch (gpu) {
    case 'none':
      return null
    case 'whole':
      return gpuType ? `gpu:${gpuType}:1` : 'gpu:1'
    case 'share':
      return `shard:${shards}`
    case 'gres':
      return gres || null
  }
}

const extraOptions = ({ options }: SlurmSettings): string[] =>
  options
    .replaceAll('\r', '')
    .split('\n')
    .filter((line) => line.trim() !== '')

/** Letters that no tool takes for anything else; Slurm shows the first few. */
const jobName = (title: string): string =>
  title
    .normalize('NFKD')
    .replace(/[^\w.,+-]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 60) || 'abd'

export const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`

/** sbatch reads quotes in its lines as a shell does. */
const optionText = (text: string): string => (/^[\w./:@%+,=-]+$/.test(text) ? text : `"${text.replaceAll('"', '\\"')}"`)
