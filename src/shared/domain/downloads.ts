/** What was compared with what is published for a downloaded file. 'size' and 'none': no checksum is known. */
export type FileCheck = 'md5' | 'size' | 'none'

export interface DownloadedFile {
  name: string
  check: FileCheck
}

const listed = (files: readonly DownloadedFile[]): string => files.map(({ name }) => name).join(', ')

/** What was checked of a download, as sentences; `unchecked`: at least one file may be damaged or another one. */
export function describeChecks(files: readonly DownloadedFile[]): { sentence: string; unchecked: boolean } {
  const by = (check: FileCheck): DownloadedFile[] => files.filter((file) => file.check === check)
  const [summed, sized, unknown] = [by('md5'), by('size'), by('none')]
  const sentences = [
    ...(summed.length === 0
      ? []
      : [
          summed.length === 1 && files.length === 1
            ? 'The file has the published MD5 sum.'
            : `${summed.length} of ${files.length} files have the published MD5 sum.`,
        ]),
    ...(sized.length === 0 ? [] : [`Only the size was compared, as no checksum is known: ${listed(sized)}.`]),
    ...(unknown.length === 0 ? [] : [`Not checked, as no checksum is known: ${listed(unknown)}.`]),
  ]
  return { sentence: sentences.join(' '), unchecked: summed.length < files.length }
}
