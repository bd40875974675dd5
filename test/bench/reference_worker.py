#!/usr/bin/env python3
"""The authors' ZSKT solver as published, as a benchmark subject.

    python reference_worker.py PATH_TO_ABD '{"threads": 2, "batch": 128}'

Reads one phase per line from stdin and answers with one JSON line of seconds. Drives the checkout's own ZeroShotKTSolver.run() with randomly
initialised networks: every call of the generator's __next__ begins an iteration; 1 generator and 10 student iterations are one pseudo batch.
Needs torch, torchvision and numpy; other modules the checkout imports and does not need here are stubbed."""
import contextlib, io, json, os, sys, time, types

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'reference'))
from checkout import enter  # noqa: E402

options = json.loads(sys.argv[2])
student_steps = 10
home, answers = enter(sys.argv[1], options['threads'])
import torch  # noqa: E402
import solver as published  # noqa: E402
from models.wresnet import WideResNet  # noqa: E402
from utils.syn_vaccine import BackdoorSuspectLoss  # noqa: E402

torch.manual_seed(0)
published.select_model = lambda dataset, model_name, pretrained=False, **rest: WideResNet(16, 10, 2 if model_name.endswith('2') else 1)
published.get_test_loader = lambda arguments: ([], [])
arguments = types.SimpleNamespace(
    dataset='CIFAR10', total_n_pseudo_batches=80000, log_times=400, n_generator_iter=1, n_student_iter=student_steps, batch_size=options['batch'],
    z_dim=100, student_learning_rate=2e-3, generator_learning_rate=1e-3, teacher_architecture='WRN-16-2', student_architecture='WRN-16-1',
    KL_temperature=1., AT_beta=250., pretrained_models_path='', sel_model='', trigger_pattern=None, save_model_path=home, experiment_name='bench',
    sup_backdoor=False, use_hg=False, sup_resume=None, shuf_teacher=0., pseudo_test_batches=0, resume=False, log_freq=10 ** 9,
    save_final_model=False, device=torch.device('cpu'))
with contextlib.redirect_stdout(io.StringIO()):
    solver = published.ZeroShotKTSolver(arguments)
vaccine = BackdoorSuspectLoss(solver.teacher, .1, 3, 5, False, device=torch.device('cpu'))


def answer(value):
    print(json.dumps(value), file=answers, flush=True)


def memory():
    status = dict(line.split(':', 1) for line in open('/proc/self/status'))
    read = lambda name: int(status[name].split()[0]) / 1024
    return dict(peak=read('VmHWM'), anonymous=read('RssAnon'), files=read('RssFile'))


class Finished(Exception):
    pass


marks = []
loader = type(solver.generator)
original = loader.__next__


def next_phase():
    """Answers requests until one asks for a pseudo batch."""
    for line in sys.stdin:
        phase = line.strip()
        if phase == 'memory':
            answer(memory())
        elif phase.startswith('pseudoBatch'):
            solver.shuf_loss_fn = vaccine if phase == 'pseudoBatchVaccine' else None
            return
        else:
            answer(dict(total=None))
    raise Finished


def now():
    return time.perf_counter(), time.process_time()


def parts_of(times):
    """Seconds from the beginnings of the iterations; the first is the generator's."""
    return dict(total=times[-1] - times[0], generator=times[1] - times[0], student=(times[-1] - times[1]) / student_steps)


def begin_iteration(self):
    marks.append(now())
    if len(marks) == student_steps + 2:
        clock, cpu = ([mark[which] for mark in marks] for which in (0, 1))
        answer({**parts_of(clock), 'cpu': parts_of(cpu)})
        marks.clear()
        next_phase()
        marks.append(now())
    elif len(marks) == 1:
        answer(dict(ready=time.process_time(), versions=dict(torch=torch.__version__, python=sys.version.split()[0])))
        marks.clear()
        next_phase()
        marks.append(now())
    return original(self)


loader.__next__ = begin_iteration
with contextlib.suppress(Finished), contextlib.redirect_stdout(io.StringIO()):
    solver.run()
