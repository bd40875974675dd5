/** An empty Debian in a folder, to install into: made by debootstrap, entered by chroot, as root. */
import { spawn, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { SetupError } from '../../src/main/setup/report.mjs'

/** Why no root can be made here, in a few words, or undefined. */
export function refusal({ userId = process.getuid?.(), has = hasCommand } = {}) {
  if (userId !== 0) return 'only root may enter an empty root (sudo npm run test:package)'
  const missing = ['debootstrap', 'chroot', 'mount', 'Xvfb'].find((command) => !has(command))
  return missing === undefined ? undefined : `${missing} is not here (apt-get install debootstrap xvfb)`
}

function hasCommand(name) {
  return spawnSync('sh', ['-c', `command -v ${name}`], { stdio: 'ignore' }).status === 0
}

function must(command, parameters, options = {}) {
  const result = spawnSync(command, parameters, { encoding: 'utf8', maxBuffer: 64 << 20, ...options })
  if (result.status !== 0)
    throw new SetupError(
      `${command} ${parameters.join(' ')} ended with ${result.status}:\n${`${result.stdout ?? ''}${result.stderr ?? ''}`.slice(-3000)}`,
    )
  return result.stdout
}

/** What a program in the root takes from the machine: devices, processes, the display's socket. */
const mounts = [
  { type: 'proc', place: 'proc' },
  { bind: '/dev', place: 'dev' },
  { bind: '/dev/pts', place: 'dev/pts' },
  { type: 'tmpfs', place: 'dev/shm' },
  { bind: '/tmp/.X11-unix', place: 'tmp/.X11-unix' },
]

export function makeRoot(folder, suite) {
  must('debootstrap', ['--variant=minbase', suite, folder], { stdio: ['ignore', 'pipe', 'pipe'] })
  // A temporary folder is its maker's alone; as a root it has to let its users in.
  fs.chmodSync(folder, 0o755)
}

/** The root, entered; `leave` takes the mounts away, whatever happened in it. */
export function enterRoot(folder) {
  const mounted = []
  for (const { type, bind, place } of mounts) {
    if (bind !== undefined && !fs.existsSync(bind)) continue
    const target = path.join(folder, place)
    fs.mkdirSync(target, { recursive: true })
    must('mount', bind === undefined ? ['-t', type, type, target] : ['--bind', bind, target])
    mounted.unshift(target)
  }
  // Names are resolved, and servers believed, as on this machine.
  for (const file of ['/etc/resolv.conf', '/etc/hosts', '/etc/ssl/certs/ca-certificates.crt']) {
    if (!fs.existsSync(file)) continue
    fs.mkdirSync(path.dirname(path.join(folder, file)), { recursive: true })
    fs.copyFileSync(file, path.join(folder, file))
  }
  const environment = (more = {}) => ({
    PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
    LANG: 'C.UTF-8',
    DEBIAN_FRONTEND: 'noninteractive',
    ...more,
  })
  const asUser = (user) => (user === undefined ? [] : [`--userspec=${user}:${user}`])
  return {
    /** Runs a command to its end; its standard output. */
    run: (command, { user, env, tolerant = false } = {}) => {
      const home = user === undefined ? '/root' : `/home/${user}`
      const parameters = [...asUser(user), folder, 'sh', '-c', `cd ${home} && ${command}`]
      const options = { env: environment({ HOME: home, ...env }), timeout: 900_000 }
      if (!tolerant) return must('chroot', parameters, options)
      return spawnSync('chroot', parameters, { encoding: 'utf8', ...options }).stdout ?? ''
    },
    start: (command, { user, env }) =>
      spawn('chroot', [...asUser(user), folder, ...command], {
        env: environment({ HOME: `/home/${user}`, ...env }),
        stdio: ['ignore', 'pipe', 'pipe'],
      }),
    leave: () => {
      for (const target of mounted) spawnSync('umount', ['-l', target])
    },
  }
}
