export { allocator } from '../../src/main/engine/control/executors/local/trainerProcess'
