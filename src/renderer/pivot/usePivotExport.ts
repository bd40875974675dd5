import { pivotFormats, type PivotExport, type PivotFormat } from '@shared/domain/pivotText'
import { textTable } from '@shared/domain/pivotText/table'
import { useConnection } from '../api/connection'
import { useTheme } from '../composables/useTheme'
import { fileName } from '../format/paths'
import { pngOf, textMeasure } from '../format/picture'
import type { SvgPicture } from '../format/svg'
import { dateTime } from '../format/times'
import { useEngineStore } from '../stores/engine'
import { useNoticesStore } from '../stores/notices'
import { pictureFont, pictureSize, pivotSvg } from './pivotSvg'
import type { PivotView } from './usePivot'

/** What programs read keeps ids; what people read has names. */
const forPrograms = new Set(['csv', 'json'])

/** The table as text and as a picture, to the clipboard and to files. */
export function usePivotExport(view: PivotView, title: () => string) {
  const { host } = useConnection()
  const engine = useEngineStore()
  const notices = useNoticesStore()
  const { colors } = useTheme()

  const sourceFor = (people: boolean): PivotExport => ({
    pivot: people ? view.named.value : view.pivot.value,
    fields: view.fields.value,
    // What no cell has is not explained below the table either.
    shown: { ...view.shown.value, significance: view.shown.value.significance && view.anyTests.value },
    origin: {
      title: title(),
      product: engine.info?.product ?? 'ABD Workbench',
      version: engine.info?.version ?? '',
      exportedAt: Date.now(),
    },
  })
  const textOf = (format: PivotFormat): string => format.write(sourceFor(!forPrograms.has(format.id)))
  function picture(): SvgPicture {
    const measure = textMeasure(pictureFont, 600)
    const source = sourceFor(true)
    const table = textTable(source)
    const { product, version, exportedAt } = source.origin
    const { panel, text, muted } = colors.value
    return pivotSvg(table, {
      measure: (text) => measure(text, pictureSize),
      colors: { ground: panel, text, muted, rule: text },
      about: [table.caption, `${product} ${version}, ${dateTime(exportedAt)}, ${source.pivot.runs.length} runs.`],
    })
  }
  const save = (extension: string, type: string, data: () => Promise<Uint8Array> | string): Promise<unknown> =>
    notices.attempt('The table could not be saved.', async () =>
      host.saveFile({ name: `${fileName(title(), 'table')}.${extension}`, data: await data(), type }),
    )
  const copy = (format: PivotFormat): Promise<unknown> =>
    notices.attempt('The table could not be copied.', async () => {
      await host.copyText(textOf(format))
      notices.show({ severity: 'good', title: `The table was copied as ${format.title}.`, seconds: 3 })
    })
  const saveText = (format: PivotFormat): Promise<unknown> => save(format.extension, format.type, () => textOf(format))
  const saveSvg = (): Promise<unknown> => save('svg', 'image/svg+xml', () => picture().svg)
  const savePng = (): Promise<unknown> => save('png', 'image/png', () => pngOf(picture()))
  return { formats: pivotFormats, copy, saveText, saveSvg, savePng }
}
