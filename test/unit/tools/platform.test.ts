import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { acceptedNode, nodeIsAccepted, platformRefusal } from '../../../tools/setup/platform.mjs'

const good = { platform: 'linux', architecture: 'x64', nodeVersion: 'v20.19.0', musl: false }

describe('platformRefusal', () => {
  it('lets Linux x64 with an accepted Node pass', () => {
    expect(platformRefusal(good)).toBeUndefined()
  })

  it.each([
    ['Windows', { platform: 'win32' }, /WSL/],
    ['macOS', { platform: 'darwin' }, /npm run serve/],
    ['Linux on Arm', { architecture: 'arm64' }, /linux on arm64/],
    ['musl', { musl: true }, /glibc/],
    ['an old Node', { nodeVersion: 'v18.20.4' }, /needs Node 20\.19.*this is Node v18\.20\.4/],
  ])('says for %s what works, in one sentence', (_name, change, expected) => {
    const refusal = platformRefusal({ ...good, ...change })
    expect(refusal).toMatch(expected)
    expect(refusal).not.toContain('\n')
  })
})

describe('nodeIsAccepted', () => {
  it.each(['v20.19.0', 'v20.20.2', 'v22.12.0', 'v22.20.0', 'v24.0.0', 'v24.9.1', 'v25.1.0'])('takes %s', (version) => {
    expect(nodeIsAccepted(version)).toBe(true)
  })

  it.each(['v16.20.0', 'v18.20.4', 'v20.18.3', 'v21.7.0', 'v22.11.0', 'v23.5.0', 'nonsense'])(
    'refuses %s',
    (version) => {
      expect(nodeIsAccepted(version)).toBe(false)
    },
  )

  it('agrees with package.json', () => {
    const engines = (JSON.parse(readFileSync('package.json', 'utf8')) as { engines: { node: string } }).engines.node
    for (const [major, minor] of acceptedNode) expect(engines).toContain(`>=${major}.${minor}.0`)
  })
})

it('ends the script with the refusal and exit code 1 on another platform', () => {
  const asWindows = 'Object.defineProperty(process, "platform", { value: "win32" })'
  const result = spawnSync(
    process.execPath,
    ['--import', `data:text/javascript,${encodeURIComponent(asWindows)}`, 'tools/setup.mjs'],
    { encoding: 'utf8' },
  )
  expect(result.stderr).toMatch(/^ABD Workbench trains on 64-bit Linux.*WSL/)
  expect(result.status).toBe(1)
})
