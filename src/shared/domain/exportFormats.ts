/** File formats that a run's weights can be exported to. */
export const exportFormats = {
  torch: { title: 'PyTorch', extensions: ['.pt', '.pth'] },
  safetensors: { title: 'safetensors', extensions: ['.safetensors'] },
} as const satisfies Record<string, { title: string; extensions: readonly [string, ...string[]] }>

export type ExportFormat = keyof typeof exportFormats

export const exportFormatIds = Object.keys(exportFormats) as [ExportFormat, ...ExportFormat[]]

/** The format that a file's name asks for, or null. */
export function exportFormatOf(path: string): ExportFormat | null {
  return (
    exportFormatIds.find((id) =>
      exportFormats[id].extensions.some((extension) => path.toLowerCase().endsWith(extension)),
    ) ?? null
  )
}
