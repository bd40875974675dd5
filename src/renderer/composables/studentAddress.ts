/** Addresses of the views that show one to four students of any runs, to which several other views lead. */

/** Side by side; more would be too narrow to look at. */
export const mostStudents = 4

const addressIn = (path: string) => (keys: readonly string[]) => ({
  path,
  query: { students: keys.slice(0, mostStudents).join(',') },
})
/** @param keys of students, `<run>/<stage>`; the first four are shown */
export type StudentAddress = ReturnType<typeof addressIn>

/** The image explorer. */
export const explorerOf: StudentAddress = addressIn('/explorer')
/** The students at each evaluation. */
export const timeMachineOf: StudentAddress = addressIn('/time')
