/** The list of GTSRB's test images: the official GT-final_test.csv, or Kaggle's Test.csv. */
import { RefusedInputError } from '../../../../../shared/errors'
import { describeRow, quoteFromFile } from '../../../weights/fileText'

export interface TestList {
  /** File names without their folder, in the list's order. */
  readonly names: string[]
  readonly labels: number[]
}

const pathNames = ['Filename', 'Path']

interface Columns {
  readonly separator: string
  readonly name: number
  readonly label: number
}

function readHeader(row: string, file: string, action: string): Columns {
  for (const separator of [';', ',']) {
    const columns = row
      .replace(/^\ufeff/, '')
      .split(separator)
      .map((column) => column.trim())
    const name = columns.findIndex((column) => pathNames.includes(column))
    const label = columns.indexOf('ClassId')
    if (name >= 0 && label >= 0) return { separator, name, label }
  }
  throw new RefusedInputError('The list of test labels lacks a column.', {
    wanted: 'Filename or Path, and ClassId, separated by semicolons or commas',
    got: describeRow(row, ';'),
    where: file,
    action,
  })
}

/**
 * Reads file names and classes of the test images; a row is Filename;Width;Height;…;ClassId, or Width,…,ClassId,Path.
 * @param count classes that there are
 */
export function parseTestList(
  text: string,
  file: string,
  { count, action }: { count: number; action: string },
): TestList {
  const rows = text.split(/\r?\n/).filter((row) => row.trim() !== '')
  const columns = readHeader(rows[0] ?? '', file, action)
  const names: string[] = []
  const labels: number[] = []
  const rowOf = new Map<string, number>()
  for (const [index, row] of rows.slice(1).entries()) {
    const cells = row.split(columns.separator)
    // Kaggle's paths name the folder of the test images, whose name differs in case between copies.
    const name = (cells[columns.name]?.trim() ?? '').replace(/^test\//i, '')
    const label = Number(cells[columns.label]?.trim() || NaN)
    if (!/^[\w-]+\.\w+$/.test(name) || !Number.isInteger(label) || label < 0 || label >= count) {
      throw new RefusedInputError(`Row ${index + 2} of the list of test labels cannot be read.`, {
        wanted: `a file name and a class from 0 to ${count - 1}`,
        got: describeRow(row, columns.separator),
        where: file,
        action,
      })
    }
    const earlier = rowOf.get(name)
    if (earlier !== undefined) {
      const got = `${quoteFromFile(name)} in row ${earlier + 2} with class ${labels[earlier]} and in row ${index + 2} with class ${label}`
      throw new RefusedInputError('The list of test labels names an image twice.', {
        wanted: 'one row per test image',
        got,
        where: file,
        action,
      })
    }
    rowOf.set(name, index)
    names.push(name)
    labels.push(label)
  }
  if (names.length === 0)
    throw new RefusedInputError('The list of test labels is empty.', {
      wanted: 'a row per test image',
      got: 'none',
      where: file,
      action,
    })
  return { names, labels }
}
