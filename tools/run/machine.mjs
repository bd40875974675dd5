/**
 * What can be told about this machine without npm's packages and without TensorFlow, for a set-up that does not go
 * through.
 */
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import { readPipSettings, withoutCredentials } from '../../src/main/setup/pipSettings.mjs'
import { installedElectron } from '../setup/electron.mjs'
import { readJson } from '../../src/main/setup/files.mjs'
import { packagesState } from '../setup/packages.mjs'
import { cacheDirectory, runtimeFile } from '../setup/paths.mjs'
import { formatBytes } from '../../src/main/setup/report.mjs'

function firstLine(command, parameters) {
  const result = spawnSync(command, parameters, { encoding: 'utf8', timeout: 20_000 })
  return result.status === 0 ? (result.stdout.trim().split('\n')[0] ?? '') : 'not found'
}

function attempt(read, otherwise = 'unknown') {
  try {
    return read() ?? otherwise
  } catch (error) {
    return `${otherwise} (${error.message})`
  }
}

function freeSpace(directory) {
  const existing = fs.existsSync(directory) ? directory : os.homedir()
  const { bavail, bsize } = fs.statfsSync(existing)
  return `${directory}, ${formatBytes(bavail * bsize)} free`
}

function describeRuntimeFile() {
  const runtime = readJson(runtimeFile())
  if (runtime === undefined) return 'not set up'
  return `${runtime.tensorFlowVersion}, ${runtime.variant} build, binding ${fs.existsSync(runtime.binding) ? 'built' : 'missing'}`
}

/** Label and value, in the order shown. */
export function describeMachine() {
  const driver = firstLine('nvidia-smi', ['--query-gpu=name,driver_version,compute_cap', '--format=csv,noheader'])
  return [
    ['System', `${os.type()} ${os.release()} ${process.arch}`],
    ['Node', process.version],
    ['CPU', `${os.cpus()[0]?.model ?? 'unknown'}, ${os.cpus().length} threads`],
    ['Memory', formatBytes(os.totalmem())],
    ['NVIDIA driver', driver],
    ['Compiler', firstLine(process.env.CXX || 'g++', ['--version'])],
    ['Package index', attempt(() => readPipSettings().indexes.map(withoutCredentials).join(' '), 'none')],
    ['npm packages', attempt(() => packagesState(), 'missing')],
    ['TensorFlow', attempt(describeRuntimeFile)],
    ['Electron', attempt(() => installedElectron(), 'not installed')],
    ['Cache', attempt(() => freeSpace(cacheDirectory()))],
  ]
}
