/** Prints the table of readers for tools/fuzz.mjs. */
import { readers } from './readers'

process.stdout.write(JSON.stringify(readers.map(({ id, title, longest, words }) => ({ id, title, longest, words }))))
