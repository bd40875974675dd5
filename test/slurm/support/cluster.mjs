#!/usr/bin/env node
/**
 * A Slurm cluster of virtual nodes on this machine, for tests: no systemd, munge of its own, everything in one folder.
 *
 *   node test/slurm/support/cluster.mjs start DIR [NODES] [GPUS]   then: export SLURM_CONF=DIR/slurm.conf
 *   node test/slurm/support/cluster.mjs stop DIR
 *
 * Needs root and the packages slurmctld, slurmd, slurm-client and munge; /etc/slurm stays untouched.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import fs from 'node:fs'
import { createServer } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'

const programs = ['munged', 'slurmctld', 'slurmd', 'sbatch', 'squeue', 'scontrol', 'scancel', 'sinfo']

/** A sentence that says why no cluster can be started here; null where one can. */
export function whyNoCluster() {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'a Slurm cluster for tests wants root on Linux'
  const folders = ['/usr/sbin', '/usr/bin', ...(process.env.PATH ?? '').split(':')]
  const missing = programs.filter((name) => !folders.some((folder) => fs.existsSync(path.join(folder, name))))
  return missing.length === 0 ? null : `Slurm is not installed here: no ${missing.join(', ')}`
}

/**
 * Starts a cluster and waits until all of its nodes are idle.
 * @param {{ folder: string, nodes?: number, gpus?: number, settings?: Record<string, string | number> }} options
 *   `gpus`: of each node, made of character devices that compute nothing. `settings`: lines of slurm.conf that replace
 *   the ones here.
 */
export async function startCluster({ folder, nodes = 2, gpus = 2, settings = {} }) {
  makeFolders(folder, nodes)
  const devices = makeDevices(folder, gpus)
  const ports = await freePorts(nodes + 1)
  const configuration = path.join(folder, 'slurm.conf')
  fs.writeFileSync(configuration, configurationText({ folder, nodes, gpus: devices, ports, settings }))
  if (devices > 0)
    fs.writeFileSync(path.join(folder, 'gres.conf'), `Name=gpu File=${folder}/dev/gpu[0-${devices - 1}]\n`)
  const environment = { ...clean(process.env), SLURM_CONF: configuration }
  const cluster = {
    folder,
    configuration,
    environment,
    gpus: devices,
    /** @param {string} command @param {string[]} parameters */
    run: (command, ...parameters) =>
      execFileSync(command, parameters, { env: environment, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }),
    /** Ends a node as a power cut does: its daemon and every process of its jobs. @param {string} name */
    killNode: (name) => killNode(folder, name),
    /** @param {string} name */
    startNode: (name) => start('slurmd', ['-N', name], environment),
    stop: () => stopCluster(folder),
  }
  try {
    startMunge(folder)
    start('slurmctld', ['-c'], environment)
    for (let node = 1; node <= nodes; node++) cluster.startNode(`n${node}`)
    await untilIdle(cluster, nodes)
  } catch (error) {
    await stopCluster(folder)
    throw error
  }
  return cluster
}

/** Ends what startCluster began, by the pids it wrote: a pid counts only while that program still bears the name. */
export async function stopCluster(folder) {
  const environment = { ...clean(process.env), SLURM_CONF: path.join(folder, 'slurm.conf') }
  const controller = pidOf(path.join(folder, 'slurmctld.pid'), 'slurmctld')
  if (controller !== null) {
    spawnSync('scancel', ['-u', 'root'], { env: environment, timeout: 5000 })
    await until(8000, () => spawnSync('squeue', ['-h'], { env: environment, timeout: 5000 }).stdout?.length === 0)
  }
  const daemons = nodeNames(folder).map((name) => pidOf(path.join(folder, `slurmd-${name}.pid`), 'slurmd'))
  // All are asked first and waited for together; slurmctld goes first, as it waits long for nodes that are gone.
  const pids = [controller, ...daemons, pidOf(path.join(folder, 'munge', 'pid'), 'munged')].filter(
    (pid) => pid !== null,
  )
  for (const pid of pids) signal(pid, 'SIGTERM')
  await until(10_000, () => pids.every((pid) => !lives(pid)))
  for (const pid of pids) signal(pid, 'SIGKILL')
  for (const pid of jobProcesses(folder)) signal(pid, 'SIGKILL')
}

function makeFolders(folder, nodes) {
  const names = ['state', 'log', 'dev', 'socket', ...Array.from({ length: nodes }, (_, index) => `spool-n${index + 1}`)]
  for (const name of names) fs.mkdirSync(path.join(folder, name), { recursive: true, mode: 0o755 })
  fs.mkdirSync(path.join(folder, 'munge'), { recursive: true, mode: 0o700 })
  // munged insists on a socket folder that others may enter.
  fs.chmodSync(folder, 0o755)
}

/** slurmd hands out an index only for a character device; which one is the same while devices are not constrained. */
function makeDevices(folder, gpus) {
  for (let gpu = 0; gpu < gpus; gpu++) {
    const made = spawnSync('mknod', [path.join(folder, 'dev', `gpu${gpu}`), 'c', '1', '3'])
    if (made.status !== 0) return 0
  }
  return gpus
}

function startMunge(folder) {
  const key = path.join(folder, 'munge', 'key')
  fs.writeFileSync(key, randomBytes(128), { mode: 0o600 })
  const files = { key, seed: `${folder}/munge/seed`, log: `${folder}/munge/log`, pid: `${folder}/munge/pid` }
  const options = Object.entries(files).map(([name, file]) => `--${name}-file=${file}`)
  start('munged', [...options, `--socket=${folder}/socket/munge`, '--force'], process.env)
}

function start(program, parameters, env) {
  const { status, stderr, error } = spawnSync(program, parameters, {
    env: { ...env, PATH: `${env.PATH ?? ''}:/usr/sbin:/usr/bin` },
    encoding: 'utf8',
    // A daemon keeps what it is given: a pipe would never close.
    stdio: ['ignore', 'ignore', 'ignore'],
    timeout: 10_000,
  })
  if (error || status !== 0) throw new Error(`${program} did not start: ${error?.message ?? stderr ?? status}`)
}

async function untilIdle(cluster, nodes) {
  const idle = () => {
    const { stdout } = spawnSync('sinfo', ['-h', '-N', '-t', 'idle', '-o', '%N'], {
      env: cluster.environment,
      encoding: 'utf8',
    })
    return new Set(stdout.split('\n').filter(Boolean)).size >= nodes
  }
  if (await until(20_000, idle)) return
  const log = fs.readFileSync(path.join(cluster.folder, 'log', 'slurmctld.log'), 'utf8')
  throw new Error(`The nodes did not come up in 20 s:\n${log.slice(-2000)}`)
}

/** @param {() => boolean} test */
async function until(milliseconds, test) {
  const end = Date.now() + milliseconds
  while (!test()) {
    if (Date.now() > end) return false
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  return true
}

const lives = (pid) => fs.existsSync(`/proc/${pid}`) && !/^State:\s+Z/m.test(read(`/proc/${pid}/status`))

function signal(pid, name) {
  try {
    process.kill(pid, name)
  } catch {
    // It has ended by itself.
  }
}

function read(file) {
  try {
    return fs.readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

/** The process of a pid file while it lives and bears that name. */
function pidOf(file, name) {
  const pid = Number(read(file))
  return pid > 1 && read(`/proc/${pid}/comm`).trim() === name ? pid : null
}

const nodeNames = (folder) =>
  fs
    .readdirSync(folder)
    .filter((name) => name.startsWith('spool-'))
    .map((name) => name.slice('spool-'.length))

/** Processes of jobs, of one node or of all, and the slurmstepd above each: a daemon that was killed leaves them. */
function jobProcesses(folder, node = null) {
  const jobs = fs
    .readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number)
    .filter((pid) => {
      const environment = read(`/proc/${pid}/environ`).split('\0')
      return (
        environment.includes(`SLURM_CONF=${folder}/slurm.conf`) &&
        environment.some(
          (entry) => entry.startsWith('SLURMD_NODENAME=') && (node === null || entry.endsWith(`=${node}`)),
        )
      )
    })
  const steps = jobs.map(parentOf).filter((pid) => read(`/proc/${pid}/comm`).startsWith('slurmstepd'))
  return [...new Set([...steps, ...jobs])]
}

const parentOf = (pid) => Number(/^PPid:\s+(\d+)/m.exec(read(`/proc/${pid}/status`))?.[1] ?? 0)

function killNode(folder, name) {
  const daemon = pidOf(path.join(folder, `slurmd-${name}.pid`), 'slurmd')
  if (daemon !== null) signal(daemon, 'SIGKILL')
  for (const pid of jobProcesses(folder, name)) signal(pid, 'SIGKILL')
}

/** Without what an enclosing Slurm job would say. */
const clean = (environment) =>
  Object.fromEntries(Object.entries(environment).filter(([name]) => !/^(SLURM|SBATCH|SQUEUE)_/.test(name)))

/** Free ports, all asked for before any is given back, so that they differ. */
async function freePorts(count) {
  const servers = await Promise.all(
    Array.from({ length: count }, () => {
      const server = createServer()
      return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)))
    }),
  )
  const ports = servers.map((server) => server.address().port)
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
}

function configurationText({ folder, nodes, gpus, ports: [control, ...nodePorts], settings }) {
  const host = os.hostname().split('.')[0]
  const cores = os.cpus().length
  const values = {
    ClusterName: 'abdtest',
    SlurmctldHost: `${host}(127.0.0.1)`,
    SlurmctldPort: control,
    AuthType: 'auth/munge',
    AuthInfo: `socket=${folder}/socket/munge`,
    CredType: 'cred/munge',
    SlurmUser: 'root',
    SlurmdUser: 'root',
    StateSaveLocation: `${folder}/state`,
    SlurmdSpoolDir: `${folder}/spool-%n`,
    SlurmctldPidFile: `${folder}/slurmctld.pid`,
    SlurmdPidFile: `${folder}/slurmd-%n.pid`,
    SlurmctldLogFile: `${folder}/log/slurmctld.log`,
    SlurmdLogFile: `${folder}/log/slurmd-%n.log`,
    ProctrackType: 'proctrack/linuxproc',
    TaskPlugin: 'task/none',
    JobAcctGatherType: 'jobacct_gather/none',
    MpiDefault: 'none',
    SwitchType: 'switch/none',
    SelectType: 'select/cons_tres',
    SelectTypeParameters: 'CR_Core',
    // builtin starts jobs at once; backfill looks every other second.
    SchedulerType: 'sched/builtin',
    SchedulerParameters: 'batch_sched_delay=0,sched_interval=1,sched_min_interval=1000,requeue_delay=0',
    // Without it one job takes its node's whole memory.
    DefMemPerCPU: 500,
    PreemptType: 'preempt/partition_prio',
    PreemptMode: 'REQUEUE',
    JobRequeue: 1,
    KillWait: 5,
    MinJobAge: 3600,
    ReturnToService: 2,
    SlurmdTimeout: 5,
    SlurmctldTimeout: 5,
    InactiveLimit: 0,
    AccountingStorageType: 'accounting_storage/none',
    SlurmdParameters: 'config_overrides',
    ...(gpus > 0 ? { GresTypes: 'gpu' } : {}),
    ...settings,
  }
  const resources = `Sockets=1 CoresPerSocket=${cores} ThreadsPerCore=1 RealMemory=8000${gpus > 0 ? ` Gres=gpu:${gpus}` : ''}`
  const lines = [
    ...Object.entries(values).map(([name, value]) => `${name}=${value}`),
    ...Array.from(
      { length: nodes },
      (_, index) =>
        `NodeName=n${index + 1} NodeHostname=${host} NodeAddr=127.0.0.1 Port=${nodePorts[index]} ${resources} State=UNKNOWN`,
    ),
    'PartitionName=main Nodes=ALL Default=YES MaxTime=1:00:00 DefaultTime=10 State=UP PriorityTier=1 GraceTime=3',
    'PartitionName=urgent Nodes=ALL MaxTime=1:00:00 State=UP PriorityTier=10 PreemptMode=OFF',
  ]
  return `${lines.join('\n')}\n`
}

async function main([verb, folder, nodes, gpus]) {
  const refusal = whyNoCluster()
  if (refusal) throw new Error(refusal)
  if ((verb !== 'start' && verb !== 'stop') || !folder) throw new Error('start DIR [NODES] [GPUS], or stop DIR')
  const began = Date.now()
  const whole = path.resolve(folder)
  if (verb === 'stop') await stopCluster(whole)
  else {
    const { configuration } = await startCluster({ folder: whole, nodes: Number(nodes ?? 2), gpus: Number(gpus ?? 2) })
    process.stdout.write(`export SLURM_CONF=${configuration}\n`)
  }
  process.stderr.write(`${verb}: ${Date.now() - began} ms\n`)
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href)
  main(process.argv.slice(2)).catch((error) => {
    process.stderr.write(`${error.message}\n`)
    process.exitCode = 1
  })
