import { defineArrayDataset } from './arrays/member'
import { openPickleFile } from './files/pickleFile'

const extensions = ['pkl', 'pickle', 'p']
const name = new RegExp(String.raw`\.(${extensions.join('|')})(\.gz)?$`, 'i')

/**
 * Images and labels that pickle.dump wrote: arrays by name (features and labels of train.p, valid.p and test.p, as
 * courses hand GTSRB out), ((x_train, y_train), (x_test, y_test)) or, with the validation images between them, the
 * three pairs of mnist.pkl.gz. Read by the machine of checkpoints, which runs nothing.
 */
export const pickledArrays = defineArrayDataset({
  id: 'pickled_arrays',
  summary: 'Images and labels of your own in pickled files of NumPy arrays; nothing in them is run.',
  reference: { citation: 'ABD Workbench, this project', place: 'pickle.dump' },
  extensions: [...extensions, 'gz'],
  help: 'A .pkl, .pickle or .p file (also .gz) with arrays such as x_train, y_train, x_test and y_test, or features and labels, or pairs (images, labels) for training and test; or a folder or archive that holds one, or train.p and test.p.',
  format: {
    title: 'Pickled arrays',
    action:
      'Save images and labels as pickle.dump({"x_train": …, "y_train": …, "x_test": …, "y_test": …}, file), or with numpy.savez.',
    wanted: '.pkl, .pickle or .p files of images and labels',
    // Many hold something else: vocabularies, results, networks.
    holdsDataAlone: false,
    isArchive: (file) => name.test(file),
    open: openPickleFile,
  },
})
