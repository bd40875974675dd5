/** Bounds that keep a hostile file within about one second and 64 MB beyond its tensors. */
export const importLimits = {
  /** Largest file looked at; also what one array of Node 20 can hold. */
  fileBytes: 2 ** 32 - 1,
  /** Largest JSON header of a safetensors file; the format's own limit of 100 MB would not fit our memory bound. */
  safetensorsHeaderBytes: 8 * 2 ** 20,
  tensors: 65_536,
  tensorRank: 32,
  /** Names longer than this are no parameter names. */
  nameBytes: 4_096,
  zipEntries: 65_536,
  pickleBytes: 16 * 2 ** 20,
  pickleOpcodes: 1_000_000,
  pickleMemo: 500_000,
  pickleStack: 500_000,
  pickleDepth: 64,
  storages: 65_536,
  /** Sum over tensors that share storage may exceed the file by this factor before it is an expansion attack. */
  sharedExpansion: 4,
} as const
