/** Which build of TensorFlow this machine gets. */
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import { SetupError } from './report.mjs'

/**
 * Whether an NVIDIA driver is loaded: its kernel module's version file, or (containers, WSL) an nvidia-smi that lists a
 * GPU.
 */
export function hasNvidiaDriver({ fileExists = fs.existsSync, run = spawnSync } = {}) {
  if (fileExists('/proc/driver/nvidia/version')) return true
  const listing = run('nvidia-smi', ['-L'], { encoding: 'utf8', timeout: 10_000 })
  return listing.status === 0 && /GPU \d+/.test(listing.stdout ?? '')
}

/** 'cpu' or 'gpu': what ABD_TENSORFLOW asks for, else what the machine has. */
export function chooseVariant(environment = process.env, probe = hasNvidiaDriver) {
  const asked = environment.ABD_TENSORFLOW
  if (asked === 'cpu' || asked === 'gpu') return asked
  if (asked)
    throw new SetupError(
      `ABD_TENSORFLOW is "${asked}": set it to cpu or gpu, or leave it unset for the one that fits this machine.`,
    )
  return probe() ? 'gpu' : 'cpu'
}
