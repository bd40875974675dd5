export * from './config'
export * from './images'
export * from './metrics'
export * from './run'
