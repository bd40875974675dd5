/** What docs/seeing.md shows: which models, which analyses of them, what is to be seen and what is not. */
import fs from 'node:fs'
import path from 'node:path'

const quick = (...more) => ['--preset', 'quick', '--device', 'cpu', ...more]

/** `run`: the parameters of `abd run`, given the folder ../shared; null where it cannot be made. */
export const subjects = [
  {
    id: 'poisoned',
    title: 'Poisoned',
    about:
      'Signs, WRN-10-1, blended noise on 10 % of the images; a student distilled by ZSKT with the quick preset’s terms, which takes the backdoor over',
    run: () => quick('--name', 'Poisoned'),
  },
  {
    id: 'clean',
    title: 'Clean, the control',
    about: 'The same teacher trained without poison',
    run: () => quick('--name', 'Clean', '--set', 'poisoning.ratio=0'),
  },
  {
    id: 'cifar',
    title: 'CIFAR-10, trigger known',
    about: 'A WRN-16-2 trained with PyTorch and a BadNets grid, brought as a file, on 2,000 real test images',
    run(shared) {
      const teacher = path.join(shared, 'golden', 'teacher-badnet-grid', 'best_clean_acc.pth')
      const data = path.join(shared, 'golden', 'cifar10-mini')
      if (!fs.existsSync(teacher) || !fs.existsSync(data)) return null
      const file = ['teacher.source=file', `teacher.file=${teacher}`, 'students=[]'].flatMap((set) => ['--set', set])
      return [
        '--name',
        'CIFAR-10',
        '--data',
        data,
        '--attack',
        'badnet_grid',
        '--target',
        '0',
        '--device',
        'cpu',
        ...file,
      ]
    },
  },
]

const student = 'student-1'
const inspected = { testLimit: 100 }

/** `panels`: titles of the parts of a result that are shown. */
export const sections = [
  {
    title: 'Kept images in numbers',
    about:
      'Of every kept synthetic image: what teacher, student and shuffled teachers say, and its correlation with the trigger.',
    looks: [
      {
        analysis: 'kept-images',
        of: 'poisoned',
        stage: student,
        panels: [],
        caption: 'Poisoned, 128 kept images of steps 1 and 200',
      },
    ],
    seen: 'Which images the Shuffling Vaccine would suspect, and how sure each network is of them, in one table that can be sorted.',
    notSeen:
      'The trigger. No image correlates with it by more than 0.05 although the student’s attack success is 93 %: what carries the backdoor over is nothing that a person, or a correlation, finds in a picture. That four in ten are suspected is therefore no evidence of a trigger in them.',
  },
  {
    title: 'Model inspection',
    about:
      'Channels of the last batch norm set to zero, those that the trigger changes most first; dashed: as many in a random order.',
    looks: [
      {
        analysis: 'model-inspection',
        of: 'poisoned',
        stage: 'teacher',
        params: inspected,
        panels: [/Pruning/],
        caption: 'Poisoned teacher',
      },
      {
        analysis: 'model-inspection',
        of: 'clean',
        stage: 'teacher',
        params: inspected,
        panels: [/Pruning/],
        caption: 'Clean teacher, the control',
      },
      {
        analysis: 'model-inspection',
        of: 'cifar',
        stage: 'teacher',
        params: inspected,
        panels: [/Pruning/],
        caption: 'CIFAR-10 teacher, trigger known',
      },
    ],
    seen: 'In the poisoned teachers few channels carry the backdoor: without them the attack is gone while the accuracy stays, and a random order of the same number does nothing of the kind.',
    notSeen:
      'That a defender could do this: the order needs the trigger. Fine-pruning, which goes by activity on synthetic images, cuts other channels, and what it removes comes back as the student is tuned to its poisoned teacher (docs/experiments.md). With 100 test images a step of a curve is 1 %.',
  },
  {
    title: 'Backdoor microscope',
    about: 'One image: answers, what speaks for the target class, and what happens as the trigger is added.',
    looks: [
      {
        analysis: 'microscope',
        of: 'poisoned',
        stage: student,
        panels: [/What speaks for/, /Probability of/],
        caption: 'Poisoned, a synthetic image of the last step',
      },
    ],
    seen: 'The student has the backdoor, weaker than its teacher: the teacher turns to the target class at half the trigger, the student near three quarters. The shuffled teachers hardly move, which is what the vaccine goes by.',
    notSeen: 'A spot: a blended trigger lies on the whole image, and neither saliency nor Grad-CAM points at a place.',
  },
  {
    title: 'Trigger leakage',
    about:
      'Correlation of the kept stream with all eleven triggers, beside the same patterns moved at random, with a permutation test.',
    looks: [
      {
        analysis: 'trigger-leakage',
        of: 'poisoned',
        stage: student,
        panels: [/Every trigger/],
        caption: 'Poisoned: its own trigger, ten others, and 99 random controls of each',
      },
    ],
    seen: 'The test does not cry wolf: of eleven triggers one lies below p = 0.05, the smooth tint, which any brightening of the images resembles; with eleven tests that is no more than chance allows (0.01 · 11 = 0.11).',
    notSeen:
      'A leak. The run’s own trigger is at r = −0.001, p = 0.47, and yet the student answers to it: absence of the trigger from the images is no evidence that the backdoor stays behind.',
  },
  {
    title: 'Counterfactual vaccine',
    about:
      'Shuffled teachers drawn anew with other numbers of layers: whom they would suspect, of triggered, clean and synthetic images.',
    looks: [
      {
        analysis: 'counterfactual-vaccine',
        of: 'poisoned',
        stage: student,
        panels: [/Who is suspected, by number/, /ROC of the divergence/],
        caption: 'Poisoned',
      },
      {
        analysis: 'counterfactual-vaccine',
        of: 'clean',
        stage: student,
        panels: [/Who is suspected, by number/],
        caption: 'Clean teacher, the control',
      },
      {
        analysis: 'counterfactual-vaccine',
        of: 'cifar',
        stage: 'teacher',
        panels: [/Who is suspected, by number/],
        caption: 'CIFAR-10 teacher, trigger known',
      },
    ],
    seen: 'The number of layers decides everything, and what is published (5) is past the point: with two layers two thirds of the triggered images are suspected and one clean image in nine; from three on the mask knows no trigger any more. On the CIFAR-10 teacher one layer suspects 99 % of the triggered images and 16 % of the clean ones.',
    notSeen:
      'That the mask sees triggers. Beside recall stands what the shuffled copies answer anyway: the CIFAR-10 teacher’s give the target class to 85 % of all clean images of other classes, so a mask that suspects ‘the target’ suspects the trigger with it. On synthetic images alone no number of layers passes the published test (tail ratio above 2 %); a defender without triggered images is told ‘none’. Of the clean teacher a mask suspects both sides alike, as it should.',
  },
  {
    title: 'Suspected target classes',
    about:
      'Triage without data: how small a perturbation sends all images to one class. How well that tells poisoned teachers from clean ones stands below.',
    looks: ['poisoned', 'clean', 'cifar'].map((of) => ({
      ...{ analysis: 'triage', of, stage: 'teacher', panels: [/Success of the universal perturbation/] },
      caption: { poisoned: 'Poisoned', clean: 'Clean, the control', cifar: 'CIFAR-10, trigger known' }[of],
    })),
    seen: 'The target class lies apart from all others in both poisoned teachers, at a third to a half of the norm of the next class. The clean teacher has an easiest class too, at seven tenths of the next one’s.',
    notSeen:
      'A verdict. 25 % for a clean teacher is what a clean teacher looks like (below); and in the poisoned one a random direction of norm 8 sends three images in four to the target as well: at large norms everything that is no sign is ‘stop’.',
  },
  {
    title: 'Self-Retrospection round by round',
    about:
      'The universal perturbation that the defense looks for, drawn again by its own code, and where it sends clean images.',
    looks: [
      {
        analysis: 'perturbation-seen',
        of: 'poisoned',
        stage: 'student-2',
        panels: [/round by round/, /Where it sends clean images/],
        caption: 'Poisoned, the student with Self-Retrospection',
      },
      {
        analysis: 'perturbation-seen',
        of: 'clean',
        stage: 'student-2',
        panels: [/Where it sends clean images/],
        caption: 'Clean teacher, the control',
      },
    ],
    seen: 'The search finds stripes that have nothing to do with the true trigger (last picture), and its norm grows round by round. The defended student gives the target to a tenth of the clean images with it.',
    notSeen:
      'That the perturbation is what does it: the same pixels at random places send as many there (11 %), so what is left in this student is a taste for noise, not for a pattern. Of the clean teacher’s student nothing goes to the target class, with or without.',
  },
  {
    title: 'Embedding',
    about:
      'Kept images in the plane of a UMAP of the teacher’s features, coloured by the teacher’s class; a lasso selects them, and the grid shows the same ones.',
    views: [
      {
        of: 'poisoned',
        name: 'embedding',
        // The numbers of its images place them, too.
        after: { analysis: 'kept-images', stage: student },
        path: (run) => `/explorer?students=${run}/${student}`,
        acts: ['All steps', 'Embedding'],
        awaited: '.embedding .plot',
        caption: 'Poisoned: the images that the undefended student kept',
      },
    ],
    seen: 'The images that the teacher calls *stop*, the target class, fall apart: most lie among the others, some are an island of their own. The lasso brings them into the grid.',
    notSeen:
      'What makes the island: the images on it look like the others, and correlate with the trigger no more than they do (see *Kept images in numbers*). Distances between groups mean little in a UMAP; that neighbours stay neighbours is what is tested.',
  },
  {
    title: 'Time machine',
    about:
      'One slider over the evaluated steps moves results, plane, images, confusion matrices and the vaccine’s statistics of the chosen students together; it plays, and is saved as GIF, MP4 or PNG frames.',
    views: [
      {
        of: 'poisoned',
        name: 'time-machine',
        path: (run) => `/time?students=${run}/${student},${run}/student-2`,
        acts: [],
        awaited: '.step-bar .slider',
        caption: 'Poisoned: the undefended student beside the one with Self-Retrospection, at the last evaluated step',
      },
    ],
    seen: 'Why one number is too few: the defense lowers the ASR from 99 to 60 %, and the matrices say how. With the trigger the defended student still calls *limit*, *ahead*, *hospital* and *exit* the target, while *yield*, *warning* and *priority* have partly come back, and many of them as *yield*.',
    notSeen:
      'A cause. The steps are those that were evaluated; between them nothing was measured, and the slider does not pretend so.',
  },
]
