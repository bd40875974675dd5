import type { Execution } from '../../../shared/domain'

/** How TensorFlow is started; only the first start of a process counts, because the library reads its settings once. */
export interface TensorFlowOptions {
  /** 'auto' takes a GPU when one works; 'gpu' fails without one; 'cpu' hides GPUs from TensorFlow. Default 'auto'. */
  device?: Execution['device']
  /** Threads of one kernel on the CPU; 0 (default) takes all cores this process may use. */
  threads?: number
  /** Deterministic GPU kernels; slower. Default false. */
  deterministic?: boolean
  /** What the process computes in, as far as the libraries decide it: TF32 on GPUs. Default float32. */
  precision?: Execution['precision']
}
