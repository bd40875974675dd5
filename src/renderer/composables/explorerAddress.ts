/** The address of the image explorer, to which several views lead. */

/** Side by side; more would be too narrow to look at. */
export const mostStudents = 4

/** @param keys of students, `<run>/<stage>`; the first four are shown */
export const explorerOf = (keys: readonly string[]) => ({
  path: '/explorer',
  query: { students: keys.slice(0, mostStudents).join(',') },
})
