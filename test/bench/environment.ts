export { allocator } from '../../src/main/engine/control/trainerProcess'
