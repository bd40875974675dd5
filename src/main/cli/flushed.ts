/**
 * Resolves when everything that was written before has left the process. A pipe takes 64 kB at a time: a process that
 * exits at once loses the rest of a long answer.
 */
export const flushed = (stream: NodeJS.WritableStream): Promise<void> =>
  new Promise((resolve) => stream.write('', () => resolve()))
