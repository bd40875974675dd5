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
  /** Orders of a million images lie in the pickle as the bytes of arrays. */
  pickleBytes: 48 * 2 ** 20,
  pickleStack: 150_000,
  pickleDepth: 64,
  pickleForeignNames: 1_000,
  /**
   * Work that a new container, storage or tensor counts for, beside its items; bounds their number and so their memory.
   */
  pickleObjectWork: 16,
  pickleTextWork: 12,
  pickleNumberWork: 3,
  /** Of a floating-point number without a fraction, which is an object here. */
  pickleFloatWork: 6,
  storages: 8_192,
  /**
   * What the tensors reach over in shared storages may exceed the file by this factor before it is an expansion attack.
   */
  sharedExpansion: 4,
  /** What they may take beyond that: a small file of one number that expand() repeats is an honest one. */
  expandedBytes: 64 * 2 ** 20,
  /** Of one tensor, repetitions counted. */
  tensorElements: 2 ** 32 - 1,
} as const

/** Bounds on one pickle program. */
export interface PickleLimits {
  readonly opcodes: number
  readonly memo: number
  /** Items moved, copied or looked at: what memoised values could multiply without end. */
  readonly work: number
}

/**
 * The bounds grow with the program: a data set's state beside the weights has entries without end, a small file that
 * makes much of itself has not. The ceilings keep whatever is refused within a second and 64 MB.
 */
export const pickleLimits = (bytes: number): PickleLimits => ({
  opcodes: grown(bytes / 2, 1_000_000, 2_000_000),
  memo: grown(bytes / 12, 150_000, 400_000),
  work: grown(bytes * 2, 1_500_000, 4_000_000),
})

const grown = (wanted: number, least: number, most: number): number =>
  Math.min(most, Math.max(least, Math.floor(wanted)))
