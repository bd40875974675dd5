#!/usr/bin/env python3
"""A whole ZSKT run of the authors' program on a teacher and test images of ours, as lines of JSON.

    python reference_run.py PATH_TO_ABD FOLDER '{"seed": 0, "pseudoBatches": 2000, "batch": 32, "every": 200, "depth": 10, "width": 1,
                                                 "classes": 10, "side": 32, "vaccine": {"coefficient": 0.1, "layers": 5},
                                                 "threads": 2}'

FOLDER holds teacher.pt (a state dict of their WideResNet), clean.f32, clean.labels, triggered.f32 and triggered.labels (testSets.ts).
With "start": a folder with student.pt, generator.pt, codes.f32 and shuffles.json (start.ts), from which the run begins, and whose
latent codes and shuffles it has, instead of drawing its own.
Prints {"pseudoBatch", "accuracy", "asr", "generatorLoss"} for every evaluation that their ZeroShotKTSolver.run() makes; the loss is
the mean since the last one, as they log it (null where it is no number).

Their code runs as it is, but for three things. Two change no number: the generator's images of a batch are computed anew only after the
generator has changed (they compute them before each of the ten student steps, and back through the generator, whose gradient they drop),
and what only writes to Weights & Biases or disk is stubbed. The third, with "finite": the teacher's distribution goes into the KL
divergence as logarithms. That is the same number, but where a probability of the teacher underflows to 0 in float32 (a logit some 104
below the largest) the gradient of their `kl_div(log_softmax(s), softmax(t))` is log 0 · 0 = NaN, which the next step writes into every
weight.
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

    def tell(self, told, commit=False):
        if 'TRAIN_PSEUDO/generator_total_loss' in told:
            accuracy, asr = self.measured[-2:]
            loss = float(told['TRAIN_PSEUDO/generator_total_loss'])
            point = dict(pseudoBatch=self.n_pseudo_batches + 1, accuracy=accuracy, asr=asr, generatorLoss=loss if np.isfinite(loss) else None)
            print(json.dumps(point), file=answers, flush=True)

    def test(self, model, data_loader):
        rate = super().test(model, data_loader)
        if model is self.student:
            self.measured.append(float(rate))
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


def finite_divergence(students, teachers, reduction='mean'):
    """Their divergence at temperature 1, whose gradient is finite."""
    logarithms = torch.nn.functional.log_softmax
    return torch.nn.functional.kl_div(logarithms(students, dim=1), logarithms(teachers, dim=1), reduction=reduction, log_target=True)


def from_our_start(solver, folder):
    """The run begins with our networks, and has our latent codes in the place of what it would draw."""
    read = lambda name: torch.load(os.path.join(folder, name), map_location='cpu', weights_only=True)
    solver.student.load_state_dict(read('student.pt'))
    solver.generator.generator.load_state_dict(read('generator.pt'))
    codes = torch.from_numpy(np.fromfile(os.path.join(folder, 'codes.f32'), np.float32)).reshape(-1, options['batch'], 100)
    drawn = iter(codes)
    solver.generator.z = next(drawn)
    original = torch.randn
    torch.randn = lambda *shape, **rest: next(drawn) if shape == ((options['batch'], 100),) or shape == (options['batch'], 100) \
        else original(*shape, **rest)


def with_our_shuffles(folder):
    with open(os.path.join(folder, 'shuffles.json')) as file:
        orders = iter(json.load(file))
    original = torch.randperm

    def following(channels):
        order = next(orders, None)
        if order is None:
            return original(channels)
        assert len(order) == channels, f'an order of {len(order)} for {channels} channels'
        return torch.tensor(order)

    torch.randperm = following


if options.get('finite'):
    for owner in (published.ZeroShotKTSolver, published.BackdoorSuspectLoss):
        owner.divergence = lambda self, *positional, **named: finite_divergence(*positional, **named)
published.select_model = network
published.get_test_loader = lambda arguments: (images('clean'), images('triggered'))
# It only logs how well the ensemble tells the test images apart.
published.BackdoorSuspectLoss.test_suspect_model = lambda *positional: (0., 0.)
set_torch_seeds(options['seed'])
without_repeated_passes(published.LearnableLoader)
vaccine = options['vaccine'] or dict(coefficient=0., layers=5)
arguments = types.SimpleNamespace(
    dataset='CIFAR10', total_n_pseudo_batches=options['pseudoBatches'], log_times=1, n_generator_iter=1, n_student_iter=10,
    batch_size=options['batch'], z_dim=100, student_learning_rate=2e-3, generator_learning_rate=1e-3, teacher_architecture='WRN',
    student_architecture='WRN', KL_temperature=1., AT_beta=250., pretrained_models_path='', sel_model='', trigger_pattern=None,
    save_model_path=home, experiment_name='against', sup_backdoor=False, use_hg=False, sup_resume=None, shuf_teacher=vaccine['coefficient'],
    n_shuf_ens=3, n_shuf_layer=vaccine['layers'], no_shuf_grad=False, pseudo_test_batches=0, resume=False, log_freq=options['every'],
    save_final_model=False, save_n_checkpoints=0, device=torch.device('cpu'))
with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(sys.stderr):
    start = options.get('start')
    if start:
        with_our_shuffles(start)
    solver = EvaluationTeller(arguments)
    published.wandb.log = solver.tell
    if start:
        from_our_start(solver, start)
    solver.run()
