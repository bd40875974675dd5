import { spawn, type ChildProcess } from 'node:child_process'
import { afterEach, describe, expect, it } from 'vitest'
import { ownProcess, processStart, runningFor, stateOf } from '../../../src/main/machine/instance.mjs'

const hour = 3_600_000
const here = { ...ownProcess(), machineId: 'installation', boot: 'start', runningFor: hour }
const there = { ...here, machine: 'other', machineId: 'other', boot: 'other' }
const deadPid = 2 ** 22 - 7

let child: ChildProcess | null = null
afterEach(() => child?.kill('SIGKILL'))

describe('a process of this start of the machine', () => {
  it('is alive while it runs, whatever the host is called by now', () => {
    expect(stateOf(here, null, here)).toBe('alive')
    expect(stateOf({ ...here, machine: 'as it was called' }, null, here)).toBe('alive')
    expect(stateOf({ ...here, machine: 'as it was called', pid: deadPid }, null, here)).toBe('gone')
  })

  it('is gone where its number was given to another', () => {
    child = spawn('sleep', ['60'])
    const pid = child.pid ?? 0
    expect(stateOf({ ...here, pid, processStart: processStart(pid) }, null, here)).toBe('alive')
    expect(stateOf({ ...here, pid, processStart: '1' }, null, here)).toBe('gone')
  })
})

describe('a process of an earlier start of this machine', () => {
  const earlier = { ...here, boot: 'earlier' }
  it('is gone', () => {
    expect(stateOf(earlier, null, here)).toBe('gone')
    expect(stateOf(earlier, 2 * hour, here)).toBe('gone')
  })

  it('is none where it gave a sign of life since: two machines bear one name', () => {
    expect(stateOf(earlier, hour / 2, here)).toBe('unknown')
  })

  it('is gone, too, where the host was renamed meanwhile and it has been silent for longer than this one runs', () => {
    const renamed = { ...earlier, machine: 'as it was called' }
    expect(stateOf(renamed, hour, here)).toBe('unknown')
    expect(stateOf(renamed, null, here)).toBe('unknown')
    expect(stateOf(renamed, 2 * hour, here)).toBe('gone')
  })

  it('in a container whose image gives every one the same id is not told by that id', () => {
    expect(stateOf({ ...earlier, machine: 'container-2' }, 1000, here)).toBe('unknown')
  })
})

it('of a process on another machine nothing is known, however long it is silent', () => {
  expect(stateOf(there, null, here)).toBe('unknown')
  expect(stateOf({ ...there, pid: deadPid }, 100 * hour, here)).toBe('unknown')
})

it('what version 0.1.0 wrote is told by the host’s name', () => {
  const { machine, pid } = here
  expect(stateOf({ machine, pid }, null, here)).toBe('alive')
  expect(stateOf({ machine, pid: deadPid }, null, here)).toBe('gone')
  expect(stateOf({ machine: 'other', pid }, null, here)).toBe('unknown')
})

it('the machine has been running for some time', () => {
  expect(runningFor()).toBeGreaterThan(0)
})
