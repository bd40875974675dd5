export * from './client'
export * from './frames'
export * from './memory'
export * from './server'
