import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '../../../src')

const sourceFiles = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) =>
  /\.(ts|mjs|vue)$/.test(name),
)

/** The script of a file: of a Vue file what stands between its script tags. */
const codeOf = (name: string): string => {
  const text = readFileSync(join(root, name), 'utf8')
  return name.endsWith('.vue')
    ? [...text.matchAll(/<script[^>]*>([\s\S]*?)<\/script>/g)].map(([, code]) => code).join('\n')
    : text
}

/** The file of ours that an import names, or null. */
function fileOf(from: string, name: string): string | null {
  const path = name.startsWith('@shared')
    ? join(root, 'shared', name.slice('@shared'.length))
    : name.startsWith('@renderer')
      ? join(root, 'renderer', name.slice('@renderer'.length))
      : name.startsWith('.')
        ? resolve(root, dirname(from), name)
        : null
  if (path === null) return null
  const found = [path, `${path}.ts`, join(path, 'index.ts')].find((file) => existsSync(file) && statSync(file).isFile())
  return found === undefined || !found.startsWith(root) ? null : relative(root, found)
}

type Arrows = Map<string, Set<string>>

function draw(arrows: Arrows, from: string, to: string): void {
  if (from === to) return
  const targets = arrows.get(from) ?? new Set()
  arrows.set(from, targets.add(to))
}

/** The names on the first circle that is found, or null. */
function circleIn(arrows: Arrows): string[] | null {
  const done = new Set<string>()
  const walk = (place: string, path: readonly string[]): string[] | null => {
    if (path.includes(place)) return [...path.slice(path.indexOf(place)), place]
    if (done.has(place)) return null
    for (const next of arrows.get(place) ?? []) {
      const circle = walk(next, [...path, place])
      if (circle) return circle
    }
    done.add(place)
    return null
  }
  for (const place of arrows.keys()) {
    const circle = walk(place, [])
    if (circle) return circle
  }
  return null
}

const imports: [from: string, to: string][] = sourceFiles.flatMap((from) =>
  ts.preProcessFile(codeOf(from), true, true).importedFiles.flatMap(({ fileName }): [string, string][] => {
    const to = fileOf(from, fileName)
    return to === null ? [] : [[from, to]]
  }),
)

/**
 * Folders that hold others, with the arrows between the folders in them: those of files deep inside count as theirs.
 */
function folderArrows(): Map<string, Arrows> {
  const folders = new Map<string, Arrows>()
  for (const [from, to] of imports) {
    const [left, right] = [from.split('/'), to.split('/')]
    for (let depth = 0; depth < Math.min(left.length, right.length) - 1; depth++) {
      const parent = left.slice(0, depth).join('/')
      if (parent !== right.slice(0, depth).join('/')) break
      const arrows = folders.get(parent) ?? new Map()
      folders.set(parent, arrows)
      draw(arrows, left[depth]!, right[depth]!)
    }
  }
  return folders
}

describe('imports', () => {
  it('are read', () => {
    expect(sourceFiles.length).toBeGreaterThan(300)
    expect(imports).toContainEqual(['main/engine/entries/trainer.ts', 'main/engine/trainer/loop.ts'])
    expect(imports).toContainEqual(['renderer/App.vue', 'renderer/stores/engine.ts'])
  })
  it('run in no circle between files', () => {
    const arrows: Arrows = new Map()
    for (const [from, to] of imports) draw(arrows, from, to)
    expect(circleIn(arrows)).toBeNull()
  })
  it('run in no circle between the folders of a folder', () => {
    const circles = [...folderArrows()].flatMap(([parent, arrows]) => {
      const circle = circleIn(arrows)
      return circle ? [`${parent}: ${circle.join(' → ')}`] : []
    })
    expect(circles).toEqual([])
  })
  it('would be seen to run in a circle', () => {
    expect(
      circleIn(
        new Map([
          ['a', new Set(['b'])],
          ['b', new Set(['c'])],
          ['c', new Set(['b'])],
        ]),
      ),
    ).toEqual(['b', 'c', 'b'])
  })
})
