/** Bounds that keep a hostile file within about one second and 64 MB. */
export const importLimits = {
  /** Largest file looked at; also what one array of Node 20 can hold. */
  fileBytes: 2 ** 32 - 1,
  /** Largest JSON header of a safetensors file; the format's own limit of 100 MB would not fit our memory bound. */
  safetensorsHeaderBytes: 8 * 2 ** 20,
  /** Of a model file. The largest network here, a ResNet of 200 layers for CIFAR, has some 1,200. */
  tensors: 4_096,
  /** Of our own checkpoints: several networks, optimizer slots, pools. */
  ownTensors: 65_536,
  tensorRank: 32,
  /** Names longer than this are no parameter names. */
  nameBytes: 4_096,
  /** An entry is a tensor's storage; each costs a few reads. */
  zipEntries: 8_192,
  pickleBytes: 8 * 2 ** 20,
  pickleOpcodes: 1_000_000,
  pickleMemo: 150_000,
  pickleStack: 150_000,
  pickleDepth: 64,
  /** Of one program, in items moved, copied or looked at: what memoised values could multiply without end. */
  pickleWork: 1_500_000,
  /**
   * Work that a new container, storage or tensor counts for, beside its items; bounds their number and so their memory.
   */
  pickleObjectWork: 16,
  pickleTextWork: 4,
  storages: 8_192,
  /**
   * What the tensors reach over in shared storages may exceed the file by this factor before it is an expansion attack.
   */
  sharedExpansion: 4,
} as const
