#!/usr/bin/env python3
"""A whole ZSKT run of the authors' program on a teacher and test images of ours, as lines of JSON.

    python reference_run.py PATH_TO_ABD FOLDER '{"seed": 0, "pseudoBatches": 2000, "batch": 32, "every": 200, "depth": 10, "width": 1,
                                                 "classes": 10, "side": 32, "vaccine": 0.1, "threads": 2}'

FOLDER holds teacher.pt (a state dict of their WideResNet), clean.f32, clean.labels, triggered.f32 and triggered.labels (testSets.ts).
Prints {"pseudoBatch", "accuracy", "asr"} for every evaluation that their ZeroShotKTSolver.run() makes.

Their code runs as it is, but for two things that change no number: the generator's images of a batch are computed anew only after the
generator has changed (they compute them before each of the ten student steps, and back through the generator, whose gradient they drop),
and what only writes to Weights & Biases or disk is stubbed.
"""
import contextlib
import io
import json
import os
import sys
import types

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'reference'))
from checkout import enter  # noqa: E402

folder, options = os.path.abspath(sys.argv[2]), json.loads(sys.argv[3])
home, answers = enter(sys.argv[1], options['threads'])
import numpy as np  # noqa: E402
import torch  # noqa: E402
import solver as published  # noqa: E402
from models.wresnet import WideResNet  # noqa: E402
from utils.utils import set_torch_seeds  # noqa: E402


def network(dataset, model_name, pretrained=False, **rest):
    made = WideResNet(options['depth'], options['classes'], options['width'])
    if pretrained:
        made.load_state_dict(torch.load(os.path.join(folder, 'teacher.pt'), map_location='cpu', weights_only=True))
    return made


def images(name):
    pixels = np.fromfile(os.path.join(folder, f'{name}.f32'), np.float32).reshape(-1, 3, options['side'], options['side'])
    labels = np.fromfile(os.path.join(folder, f'{name}.labels'), np.int32).astype(np.int64)
    data = torch.utils.data.TensorDataset(torch.from_numpy(pixels), torch.from_numpy(labels))
    return torch.utils.data.DataLoader(data, batch_size=500)


class EvaluationTeller(published.ZeroShotKTSolver):
    """Tells what the program measures of its student: clean test images first, then triggered ones."""

    measured = []

    def test(self, model, data_loader):
        rate = super().test(model, data_loader)
        if model is self.student:
            self.measured.append(float(rate))
            if data_loader is self.test_poi_loader:
                accuracy, asr = self.measured[-2:]
                print(json.dumps(dict(pseudoBatch=self.n_pseudo_batches + 1, accuracy=accuracy, asr=asr)), file=answers, flush=True)
        return rate

    def save_model(self, *positional, **named):
        pass


def without_repeated_passes(loader):
    """The first student step sees the changed generator's images; the other steps see the same ones."""
    original = loader.__next__
    kept = {}

    def following(self):
        drawn = self._running_repeat_batch_idx % self.n_repeat_batch
        if drawn <= 1:
            kept['images'] = original(self)
            if drawn == 1:
                kept['images'] = kept['images'].detach()
        else:
            self._running_repeat_batch_idx += 1
        return kept['images']

    loader.__next__ = following


published.select_model = network
published.get_test_loader = lambda arguments: (images('clean'), images('triggered'))
# It only logs how well the ensemble tells the test images apart.
published.BackdoorSuspectLoss.test_suspect_model = lambda *positional: (0., 0.)
set_torch_seeds(options['seed'])
without_repeated_passes(published.LearnableLoader)
arguments = types.SimpleNamespace(
    dataset='CIFAR10', total_n_pseudo_batches=options['pseudoBatches'], log_times=1, n_generator_iter=1, n_student_iter=10,
    batch_size=options['batch'], z_dim=100, student_learning_rate=2e-3, generator_learning_rate=1e-3, teacher_architecture='WRN',
    student_architecture='WRN', KL_temperature=1., AT_beta=250., pretrained_models_path='', sel_model='', trigger_pattern=None,
    save_model_path=home, experiment_name='against', sup_backdoor=False, use_hg=False, sup_resume=None, shuf_teacher=options['vaccine'],
    n_shuf_ens=3, n_shuf_layer=5, no_shuf_grad=False, pseudo_test_batches=0, resume=False, log_freq=options['every'],
    save_final_model=False, save_n_checkpoints=0, device=torch.device('cpu'))
with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(sys.stderr):
    EvaluationTeller(arguments).run()
