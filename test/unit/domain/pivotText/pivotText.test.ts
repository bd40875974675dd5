import { execFile, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { latexParser } from 'latex-utensils'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  checkQuery,
  defaultQuery,
  defaultShown,
  fieldsOf,
  pivotFormats,
  pivotModels,
  pivotOf,
  type PivotExport,
  type PivotQuery,
  type PivotShown,
  type RunSummary,
} from '../../../../src/shared/domain'
import { removeFolder } from '../../../fixtures/removeFolder'
import { pivotRun, pivotStudy, type PivotRunTraits } from '../../../fixtures/pivotRuns'

const exportedAt = Date.UTC(2026, 0, 31, 12)

function exportOf(runs: readonly RunSummary[], shown: Partial<PivotShown> = {}, query?: PivotQuery): PivotExport {
  const models = pivotModels(runs).filter(({ kind }) => kind === 'student')
  return {
    pivot: pivotOf(models, query ?? defaultQuery(models)),
    fields: fieldsOf(models),
    shown: { ...defaultShown, ...shown },
    origin: { title: 'Small study', product: 'ABD Workbench', version: '0.1.0', exportedAt },
  }
}
const written = (id: string, source: PivotExport): string =>
  pivotFormats.find((format) => format.id === id)?.write(source) ?? ''

const hostile = '%_&#{}~^\\$<>|[*]"`--ab\n\u202e'
const hostileRun = (traits: PivotRunTraits = {}): RunSummary =>
  pivotRun({ id: 'r_1--%', attack: hostile, defense: '* b', axes: { attack: hostile, defenses: '[x]' }, ...traits })

describe('the default table', () => {
  const models = pivotModels(pivotStudy()).filter(({ kind }) => kind === 'student')
  it('has defenses in columns and what else varies in rows', () => {
    expect(defaultQuery(models)).toMatchObject({ rows: ['attack'], columns: ['defenses'] })
  })
  it('follows the axes, keeps the seed out, and adds what varies without being one', () => {
    const axes = [
      { path: 'seed', labels: ['0'] },
      { path: 'poisoning.ratio', labels: ['0.1'] },
    ]
    expect(defaultQuery(models, axes)).toEqual({
      rows: ['poisoning.ratio', 'attack'],
      columns: ['defenses'],
      order: { seed: ['0'], 'poisoning.ratio': ['0.1'] },
    })
  })
  it('has one field of axes that go together, unless the other one is the seed', () => {
    const paired = (first: string): string[] => {
      const axes = [first, 'poisoning.ratio'].map((path) => ({ path, labels: [], pairedAs: 'trigger' }))
      const { rows, columns } = defaultQuery(models, axes)
      return [...rows, ...columns]
    }
    expect(paired('attack')).toEqual(['attack', 'defenses'])
    expect(paired('seed')).toContain('poisoning.ratio')
  })
  it('needs no columns for one field, nor rows for none', () => {
    expect(defaultQuery([])).toEqual({ rows: [], columns: [], order: {} })
    expect(defaultQuery([], [{ path: 'attack', labels: ['a'] }])).toMatchObject({ rows: ['attack'], columns: [] })
  })
  it('refuses fields that are not there, naming those that are, and fields asked for twice', () => {
    expect(() => checkQuery({ rows: ['atack'], columns: [] }, models)).toThrow(/no field "atack"/)
    expect(() => checkQuery({ rows: ['attack'], columns: ['attack'] }, models)).toThrow(/twice/)
    expect(() => checkQuery({ rows: ['attack'], columns: ['seed'] }, models)).not.toThrow()
  })
})

describe('JSON', () => {
  it('has a row for each combination of labels with mean, std, n and the interval of each value', () => {
    const { rows, about } = JSON.parse(written('json', exportOf(pivotStudy()))) as {
      rows: { axes: object; accuracy: Record<string, number>; asr: Record<string, number> }[]
      about: { runs: string[] }
    }
    expect(rows).toHaveLength(4)
    const [row] = rows
    expect(Object.keys(row ?? {})).toEqual(['axes', 'accuracy', 'asr'])
    expect(row?.axes).toEqual({ attack: 'badnet_grid', defenses: 'none' })
    expect(Object.keys(row?.accuracy ?? {})).toEqual(['mean', 'std', 'n', 'low', 'high'])
    expect(row?.accuracy.mean).toBeCloseTo(0.72, 12)
    expect(row?.accuracy.low).toBeCloseTo(0.6703172457649934, 12)
    expect(row?.asr).toMatchObject({ n: 3 })
    expect(about).toMatchObject({ product: 'ABD Workbench', version: '0.1.0', exported: '2026-01-31T12:00:00Z' })
    expect(about.runs).toHaveLength(12)
  })
  it('says n 0 of what was not measured, what the images tell of a single model, and is one line', () => {
    const text = written('json', exportOf([pivotRun({ asr: null })]))
    const ofImages = { low: expect.closeTo(0.6709, 4) as number, high: expect.closeTo(0.7276, 4) as number }
    expect((JSON.parse(text) as { rows: object[] }).rows).toEqual([
      {
        axes: {},
        accuracy: { mean: 0.7, std: null, n: 1, low: null, high: null, ofImages },
        asr: { mean: null, std: null, n: 0, low: null, high: null },
      },
    ])
    expect(text.indexOf('\n')).toBe(text.length - 1)
  })
})

describe('CSV', () => {
  it('has a line for each cell that names its runs, the version and the time; fractions stay fractions', () => {
    const lines = written('csv', exportOf(pivotStudy(), { values: ['asr'] })).split('\r\n')
    expect(lines[0]).toBe(
      'attack,defenses,seeds,failed,unfinished,left out,left out because,mixed,precision,computed with,asr mean,asr std,asr n,asr low,asr high,asr median,asr min,' +
        'asr max,asr published,asr verdict,asr low of images,asr high of images,asr p,asr difference,asr difference low,asr difference high,asr pairs,compared with,settings unlike published,note,runs,version,exported',
    )
    expect(lines).toHaveLength(6)
    expect(lines[2]).toMatch(/^badnet_grid,sv,0 1 2,0,0,0,,,float32,,0\.05\d*,0\.02\d*,3,/)
    expect(lines[2]).toMatch(
      /badnet_grid-sv-0 badnet_grid-sv-1 badnet_grid-sv-2,ABD Workbench 0.1.0,2026-01-31T12:00:00Z$/,
    )
  })
  it('says how far the test images tell the rate of a single model', () => {
    const [head, line] = written('csv', exportOf([pivotRun({ asr: 0.9 })], { values: ['asr'] }))
      .split('\r\n')
      .map((row) => row.split(','))
    const at = (name: string): number => Number(line?.[head?.indexOf(name) ?? -1])
    expect([at('asr low of images'), at('asr high of images')].map((end) => end.toFixed(4))).toEqual([
      '0.8787',
      '0.9179',
    ])
  })
  it('says of which precision each cell is, and once more where they are several', () => {
    const runs = (['float32', 'mixed'] as const).map((precision) => pivotRun({ id: precision, precision }))
    const lines = written('csv', exportOf(runs, { values: ['asr'] })).split('\r\n')
    expect(lines[0]).toMatch(/^execution\.precision,/)
    const note = '"?Of 2 precisions \\(float32; mixed \\(bfloat16\\)\\)'
    for (const [at, precision] of ['float32', 'mixed'].entries())
      expect(lines[at + 1]).toMatch(new RegExp(`^${precision},0,.*,${precision},.*${note}`))
    const averaged = written('csv', exportOf(runs, { values: ['asr'] }, { rows: [], columns: [] })).split('\r\n')
    expect(averaged[1]).toMatch(/^0,0,0,0,,execution\.precision,float32 mixed,/)
  })
  it('lets no spreadsheet run a name', () => {
    const text = written('csv', exportOf([pivotRun({ attack: '=1+1' })], {}, { rows: ['attack'], columns: [] }))
    expect(text).toContain("\r\n'=1+1,")
  })
})

describe('models that have learnt nothing', () => {
  const health = [{ kind: 'deadStudent', severity: 'error', reason: 'why', place: 'charts' } as const]
  const runs = [...[0, 1, 2, 3].map((seed) => pivotRun({ seed })), pivotRun({ seed: 4, accuracy: 0.1, health })]
  const text = (format: string): string => written(format, exportOf(runs, { values: ['accuracy'] }))
  it.each(['markdown', 'latex', 'csv', 'json'])('are left out in sight: %s', (format) => {
    expect(text(format)).toContain('1 of 5 left out: dead')
    expect(text(format)).toContain(format === 'csv' || format === 'json' ? '0.7' : '70.0')
  })
  it('are explained in the caption, which pictures have too', () => {
    expect(text('markdown')).toContain('1 model left out: dead (accuracy not above')
    expect(text('latex')).toContain('1 model left out: dead (accuracy not above')
  })
})

describe('Markdown', () => {
  it('is a table with n in its caption and its origin in a comment', () => {
    expect(written('markdown', exportOf(pivotStudy(), { bold: 'row' }))).toBe(
      [
        '| Attack | none · Accuracy (%) | none · ASR (%) | sv · Accuracy (%) | sv · ASR (%) |',
        '| --- | ---: | ---: | ---: | ---: |',
        '| badnet\\_grid | **72.0 ± 2.0** | 95.0 ± 1.0 | 68.0 ± 2.0 | **5.0 ± 2.0** |',
        '| blend | **72.0 ± 2.0** | 95.0 ± 1.0 | 68.0 ± 2.0 | **5.0 ± 2.0** |',
        '',
        'Small study: Accuracy (%), ASR (%), mean ± standard deviation over seeds, n = 3 seeds. ' +
          'Bold: the best of each row (highest Accuracy, lowest ASR).',
        '',
        '<!--',
        'ABD Workbench 0.1.0, 2026-01-31T12:00:00Z',
        'Runs:',
        'badnet\\_grid-none-0'.replace('\\', '') +
          ' badnet_grid-none-1 badnet_grid-none-2 badnet_grid-sv-0 badnet_grid-sv-1',
        'badnet_grid-sv-2 blend-none-0 blend-none-1 blend-none-2 blend-sv-0 blend-sv-1 blend-sv-2',
        '-->',
        '',
      ].join('\n'),
    )
  })
  it('says n of cells that have fewer seeds, and what failed, is unfinished, or is mixed', () => {
    const text = written(
      'markdown',
      exportOf(
        [
          ...[0, 1, 2].map((seed) => pivotRun({ seed, attack: 'sig' })),
          pivotRun({ seed: 0 }),
          pivotRun({ seed: 1, state: 'failed' }),
          pivotRun({ seed: 2, state: 'paused' }),
          pivotRun({ attack: 'cl', method: 'cmi' }),
          pivotRun({ attack: 'cl', method: 'zskt' }),
        ],
        { values: ['accuracy'] },
        { rows: ['attack'], columns: [] },
      ),
    )
    expect(text).toContain('| sig | 70.0 ± 0.0 |')
    expect(text).toContain('| blend | 70.0 (n=1; 1 failed; 1 unfinished) |')
    expect(text).toContain('| cl | 70.0 ± 0.0 (n=2; mixed: method) |')
    expect(text).toContain('n = 3 seeds unless a cell says otherwise')
  })
  it('says no n of cells that are one seed each by the table’s fields', () => {
    const runs = [0, 1].map((seed) => pivotRun({ seed }))
    const query = { rows: ['seed'], columns: [] }
    const { cells } = pivotOf(pivotModels(runs), query)
    expect(cells.flat().some((cell) => cell?.fewSeeds)).toBe(false)
    const text = written('markdown', exportOf(runs, { values: ['accuracy'] }, query))
    expect(text).toContain('| 1 | 70.0 |')
    expect(text).not.toContain('n=1')
  })
  it('shows other statistics, published numbers with verdicts, and p', () => {
    const ours = ['none', 'sv+sr'].flatMap((defense) =>
      [0.715, 0.719, 0.723].map((accuracy, seed) =>
        pivotRun({ attack: 'badnet_grid', defense, seed, accuracy, otherSettings: [] }),
      ),
    )
    const text = written(
      'markdown',
      exportOf(ours, { values: ['accuracy'], statistic: 'interval', published: true, significance: true }),
    )
    expect(text).toContain('| Defense | Accuracy (%) | published |')
    expect(text).toContain('71.9 \\[70.9, 72.9\\] | 71.9 (+0.0, reproduced)')
    expect(text).toContain('71.9 \\[70.9, 72.9\\] (p=1.000) | 68.3 (+3.6, not reproduced)')
    const of = (statistic: PivotShown['statistic']): string =>
      written('markdown', exportOf(ours.slice(0, 3), { values: ['accuracy'], statistic }))
    expect([of('median'), of('range'), of('count')].map((one) => one.split('\n')[2])).toEqual([
      '| 71.9 |',
      '| 71.5 – 72.3 |',
      '| 3 |',
    ])
  })
  it('shows by how much defenses differ from another one, over the pairs that there are', () => {
    const runs = [
      ...[0, 1, 2].map((seed) => pivotRun({ seed, defense: 'control', accuracy: 0.9, asr: 0.8 + 0.01 * seed })),
      ...[0, 1, 2, 3].map((seed) => pivotRun({ seed, defense: 'sr', accuracy: 0.9, asr: 0.2 - 0.01 * seed })),
    ]
    const query = { rows: ['defenses'], columns: [], against: 'control' }
    const source = exportOf(runs, { significance: true, differences: true }, query)
    const text = written('markdown', source)
    // Differences −0.60, −0.62, −0.64: ± 4.3027 · 0.02 / √3.
    expect(text).toContain('(−62.0 \\[−67.0, −57.0\\]; 3 pairs; p\\<0.001)')
    expect(text).toContain('(0.0 \\[0.0, 0.0\\]; 3 pairs; p=1.000)')
    expect(text).toContain('| control | 90.0 ± 0.0 (n=3) | 81.0 ± 1.0 (n=3) |')
    expect(text).toMatch(/95 % interval\. p: paired t test against "control" over common seeds\./)
    expect(written('csv', source)).toMatch(
      /,asr difference,asr difference low,asr difference high,asr pairs,compared with,/,
    )
    const { rows, about } = JSON.parse(written('json', source)) as Record<string, unknown>
    expect(about).toMatchObject({ comparedWith: 'control' })
    expect(rows).toMatchObject([
      {},
      { asr: { n: 4, compared: { n: 3, difference: expect.closeTo(-0.62, 12) as number } } },
    ])
  })
  it('keeps hostile names inside their cells and comments', () => {
    const text = written('markdown', exportOf([hostileRun()], {}, { rows: ['attack', 'defenses'], columns: [] }))
    const line = text.split('\n')[2] ?? ''
    expect(line.match(/(?<!\\)\|/g)).toHaveLength(5)
    expect(line).not.toContain('\u202e')
    expect(text.slice(text.indexOf('<!--') + 4, text.indexOf('-->'))).not.toContain('--')
    expect(text.endsWith('r_1- -%\n-->\n')).toBe(true)
  })
})

describe('LaTeX', () => {
  const source = exportOf(pivotStudy(), { bold: 'column', significance: true })
  it('is a booktabs table with a head for each column of the pivot', () => {
    const text = written('latex', source)
    expect(text).toContain('% ABD Workbench 0.1.0, 2026-01-31T12:00:00Z\n% Runs:\n% badnet_grid-none-0 ')
    expect(text).toContain('\\begin{tabular}{lrrrr}\n    \\toprule\n')
    expect(text).toContain(
      '     & \\multicolumn{2}{c}{none} & \\multicolumn{2}{c}{sv} \\\\\n' +
        '    \\cmidrule(lr){2-3} \\cmidrule(lr){4-5}\n' +
        '    Attack & Accuracy (\\%) & ASR (\\%) & Accuracy (\\%) & ASR (\\%) \\\\\n    \\midrule\n',
    )
    expect(text).toContain('    badnet\\_grid & \\textbf{72.0 $\\pm$ 2.0} & \\textbf{95.0 $\\pm$ 1.0} & ')
    expect(text).toContain('68.0 $\\pm$ 2.0 (p\\textless{}0.001)')
    expect(text).toContain('n = 3 seeds')
  })

  const tables: [string, PivotExport][] = [
    ['a study', source],
    ['hostile names', exportOf([hostileRun(), pivotRun()], {}, { rows: ['attack'], columns: ['defenses'] })],
    ['hostile names in rows', exportOf([hostileRun()], {}, { rows: ['defenses', 'attack', 'run'], columns: [] })],
    ['nothing but a number', exportOf([pivotRun()], { values: ['der'] }, { rows: [], columns: [] })],
    ['no run at all', exportOf([])],
    ['every statistic', exportOf(pivotStudy(), { statistic: 'range', values: ['accuracy', 'rir', 'seconds'] })],
  ]
  it.each(tables)('parses with %s', (_name, table) => {
    const text = written('latex', table)
    const { content } = latexParser.parse(text)
    const [environment] = content.filter(latexParser.isEnvironment)
    expect(environment?.name).toBe('table')
    const tabular = environment?.content.filter(latexParser.isEnvironment)[0]
    expect(tabular?.name).toBe('tabular')
    // Each line of the table has as many cells as columns.
    const columns = (/\\begin\{tabular\}\{([lr]*)\}/.exec(text)?.[1] ?? '').length
    const body = text
      .slice(text.indexOf('\\midrule'))
      .split('\n')
      .filter((line) => line.endsWith('\\\\'))
    expect(body.map((line) => line.split(/(?<!\\)&/).length)).toEqual(body.map(() => columns))
  })

  describe('where a LaTeX is on the machine', () => {
    const available =
      spawnSync('pdflatex', ['--version']).status === 0 && spawnSync('kpsewhich', ['booktabs.sty']).status === 0
    let folder = ''
    beforeAll(() => {
      folder = mkdtempSync(join(tmpdir(), 'abd-latex-'))
    })
    afterAll(() => removeFolder(folder))
    it.skipIf(!available)(
      'compiles, all tables in one document',
      async () => {
        const body = tables.map(([, table]) => written('latex', table)).join('\n')
        writeFileSync(
          join(folder, 'tables.tex'),
          `\\documentclass{article}\\usepackage[T1]{fontenc}\\usepackage{booktabs}\\begin{document}\n${body}\\end{document}\n`,
        )
        await promisify(execFile)('pdflatex', ['-halt-on-error', '-interaction=batchmode', 'tables.tex'], {
          cwd: folder,
        })
        expect(readFileSync(join(folder, 'tables.log'), 'utf8')).toContain('Output written on tables.pdf')
      },
      60_000,
    )
  })
})

it('every format has its own name and extension', () => {
  expect(new Set(pivotFormats.map(({ id }) => id)).size).toBe(pivotFormats.length)
  expect(pivotFormats.map(({ extension }) => extension)).toEqual(['csv', 'md', 'tex', 'json'])
})
