export { allocator } from '../../src/main/engine/control/executors/trainerEnvironment'
