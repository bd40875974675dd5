export { encodeSafetensors, writeSafetensors } from './safetensors'
