/**
 * What Slurm's programs, and so the jobs, get of this process's environment. An engine that runs inside a job itself
 * would hand its own limits on: sbatch reads SBATCH_* as options and exports SLURM_* to the job.
 */

/** Which cluster is asked. */
const kept = new Set(['SLURM_CONF', 'SLURM_CONF_SERVER'])
const ofASurroundingJob =
  /^(SLURM|SLURMD|SBATCH|SALLOC|SRUN|SQUEUE|SCANCEL|SINFO|SCONTROL|PMI|PMIX|OMPI)_|^(SLURMD_NODENAME|CUDA_VISIBLE_DEVICES|GPU_DEVICE_ORDINAL|ROCR_VISIBLE_DEVICES|CUDA_MPS_ACTIVE_THREAD_PERCENTAGE)$/
/** Of this process: how Electron starts Node, and settings that the task's own start decides. */
const ofThisProcess = /^(ELECTRON_RUN_AS_NODE|NODE_OPTIONS|NODE_CHANNEL_FD|NODE_CHANNEL_SERIALIZATION_MODE)$/

export function submissionEnvironment(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(environment).filter(
      ([name]) => kept.has(name) || !(ofASurroundingJob.test(name) || ofThisProcess.test(name)),
    ),
  )
}
