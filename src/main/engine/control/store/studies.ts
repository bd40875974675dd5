/** Studies and their cells. What a cell has come to stands in its run; here is what it was meant to be. */
import { textOf, type Database } from './database'
import type { StoredCell, StoredStudy, StudiesTable } from './studyRecords'

export function createStudiesTable(database: Database): StudiesTable {
  const cellsOf = (studyId: string): StoredCell[] =>
    database
      .columns('SELECT CAST(record AS BLOB) FROM study_cells WHERE study_id = ? ORDER BY cell', studyId)
      .map(([record]) => JSON.parse(textOf(record)) as StoredCell)
  return {
    all: () =>
      database
        .columns('SELECT id, CAST(record AS BLOB) FROM studies ORDER BY created_at, id')
        .flatMap(([id, record]) => {
          try {
            return [{ study: JSON.parse(textOf(record)) as StoredStudy, cells: cellsOf(String(id)) }]
          } catch {
            // A damaged study hides neither the others nor its own runs.
            return []
          }
        }),
    insert: (study) =>
      database.run(
        'INSERT INTO studies (id, created_at, record) VALUES (?, ?, ?)',
        study.id,
        study.createdAt,
        JSON.stringify(study),
      ),
    update: (study) => database.run('UPDATE studies SET record = ? WHERE id = ?', JSON.stringify(study), study.id),
    putCells: (studyId, cells) =>
      database.transaction(() => {
        for (const cell of cells)
          database.run(
            'INSERT OR REPLACE INTO study_cells (study_id, cell, record) VALUES (?, ?, ?)',
            studyId,
            cell.index,
            JSON.stringify(cell),
          )
      }),
    remove: (studyId) => database.run('DELETE FROM studies WHERE id = ?', studyId),
    transaction: (work) => database.transaction(work),
  }
}
