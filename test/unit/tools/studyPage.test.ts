import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { projectRoot } from '../../../tools/setup/paths.mjs'
import { endsTable } from '../../../tools/against/curves.mjs'
import { inserted, placesOf, tableOf } from '../../../tools/study-page/inserted.mjs'
import { isStudyOf, parts, queryOf } from '../../../tools/study-page/parts.mjs'

describe('the page of the study', () => {
  const page = readFileSync(join(projectRoot, 'docs', 'study.md'), 'utf8')

  it('has a place for each table that is made, once, and no other', () => {
    const made = parts.flatMap(({ id, tables }) => tables.map((table) => `${id} ${table.id}`))
    expect(placesOf(page).sort()).toEqual([...made, 'against none', 'against sv-3'].sort())
  })
  it('has the ends of the curves beside the authors’ program as they were written down', () => {
    const file = readFileSync(join(projectRoot, 'docs', 'against-reference.json'), 'utf8')
    const { curves } = JSON.parse(file) as { curves: Parameters<typeof endsTable>[0] }
    for (const defense of ['none', 'sv-3'])
      expect(inserted(page, `against ${defense}`, endsTable(curves, defense))).toBe(page)
  })
  it('takes no study for another: of one file there is one of all attacks and some of one', () => {
    const study = (...labels: string[]) => ({ name: 'file', axes: [{ path: 'attack', labels }] })
    const studies = [study('blend', 'badnet_sq'), study('badnet_sq'), study('trojan_wm'), { name: 'file', axes: [] }]
    const found = (attack?: string) =>
      studies.map((one) => isStudyOf({ id: '', study: '', tables: [], files: [], figures: [], attack }, 'file', one))
    expect(found()).toEqual([true, false, false, true])
    expect(found('badnet_sq')).toEqual([false, true, false, false])
    expect(isStudyOf({ id: '', study: '', tables: [], files: [], figures: [] }, 'other', study())).toBe(false)
    const ofOneFile = parts.map(({ study: file, attack }) => `${file} ${attack}`)
    expect(new Set(ofOneFile).size).toBe(parts.length)
  })
  it('keeps what stands around a table, whatever stood in it', () => {
    const text = 'Before.\n\n<!-- table a b -->\n\nold\n\n<!-- end of table -->\n\nAfter.\n'
    const once = inserted(text, 'a b', '| new |\n')
    expect(once).toBe('Before.\n\n<!-- table a b -->\n\n| new |\n\n<!-- end of table -->\n\nAfter.\n')
    expect(inserted(once, 'a b', '| new |')).toBe(once)
    expect(() => inserted(text, 'other', '')).toThrow('no place "<!-- table other -->')
  })
  it('has tables without the list of their runs, and without rows of which nothing is done', () => {
    const head = '| Defense | Accuracy (%) | ASR (%) |\n| --- | ---: | ---: |\n'
    const done = '| none | 71.9 ± 0.8 (1 unfinished) | – |\n'
    const rest = '\nCaption.\n\n<!--\nRuns:\nx\n-->\n'
    expect(tableOf(`${head}${done}| sv \\| sr | – (3 unfinished) | – |\n${rest}`)).toBe(`${head}${done}\nCaption.`)
  })
  it('is made of studies that there are', () => {
    for (const { study } of parts) {
      const file = parse(readFileSync(join(projectRoot, 'resources', 'studies', `${study}.yml`), 'utf8')) as {
        name: string
      }
      expect(file.name).toMatch(/^(Signs|CIFAR-10), /)
    }
    expect(queryOf('ID', { query: 'defense:none' })).toBe('study:ID is:student has:accuracy archived:any defense:none')
  })
})
