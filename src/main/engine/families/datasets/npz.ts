import { extname } from 'node:path'
import { defineArrayDataset } from './arrays/member'
import { openNpyFolder } from './files/npyFolder'
import { openNpz } from './files/npz'

/**
 * Images and labels in a NumPy archive (.npz), in archives of train.npz and test.npz, or in .npy files of one folder.
 * Object arrays, which hold pickles, are refused.
 */
export const npz = defineArrayDataset({
  id: 'numpy_archive',
  summary: 'Images and labels of your own in .npz or .npy files, as Keras, MedMNIST and notebooks save them.',
  reference: { citation: 'ABD Workbench, this project', place: 'numpy.savez, numpy.save' },
  extensions: ['npz'],
  help: 'A .npz file with arrays such as x_train, y_train, x_test and y_test, or images and labels; or a folder or archive that holds one, train.npz and test.npz, or such arrays as .npy files.',
  format: {
    title: 'NumPy arrays',
    action:
      'Save images and labels as numpy.savez("data.npz", x_train=…, y_train=…, x_test=…, y_test=…), or as images=…, labels=…; or each as a .npy file in one folder.',
    wanted: 'a .npz file, or .npy files of images and labels',
    holdsDataAlone: true,
    isArchive: (name) => extname(name).toLowerCase() === '.npz',
    open: openNpz,
    single: { matches: (name) => extname(name).toLowerCase() === '.npy', open: openNpyFolder },
  },
})
