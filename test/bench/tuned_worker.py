#!/usr/bin/env python3
"""The same ZSKT mathematics with the authors' networks as a careful PyTorch user would write it, as a benchmark subject.

    python tuned_worker.py PATH_TO_ABD '{"threads": 2, "batch": 128, "device": "cpu"}'

Reads one phase per line from stdin and answers with one JSON line of seconds. Synthetic batch and teacher outputs are computed once per pseudo
batch, nothing is back-propagated that is thrown away. Needs torch only."""
import copy, json, os, sys, time, warnings

checkout, options = sys.argv[1], json.loads(sys.argv[2])
import torch  # noqa: E402
import torch.nn.functional as F  # noqa: E402

warnings.filterwarnings('ignore')
torch.set_num_threads(options['threads'])
torch.manual_seed(0)
device = torch.device('cuda' if options.get('device') == 'gpu' else 'cpu')
if device.type == 'cuda':
    torch.backends.cudnn.benchmark = True
sys.path.insert(0, checkout if os.path.exists(os.path.join(checkout, 'solver.py')) else os.path.join(checkout, 'zskt'))
from models.generator import Generator  # noqa: E402
from models.wresnet import WideResNet  # noqa: E402

batch = options['batch']
teacher = WideResNet(16, 10, 2).eval().to(device)
student = WideResNet(16, 10, 1).train().to(device)
generator = Generator(100).train().to(device)
for parameter in teacher.parameters():
    parameter.requires_grad_(False)
student_optimizer = torch.optim.Adam(student.parameters(), 2e-3)
generator_optimizer = torch.optim.Adam(generator.parameters(), 1e-3)
clip = torch.nn.utils.clip_grad_norm_
attention = lambda x: F.normalize(x.pow(2).mean(1).view(x.size(0), -1))
divergence = lambda s, t: F.kl_div(F.log_softmax(s, 1), F.softmax(t, 1), reduction='mean')
shuffled = []
for _ in range(3):
    member = copy.deepcopy(teacher)
    for convolution in [module for module in member.modules() if isinstance(module, torch.nn.Conv2d)][-5:]:
        convolution.weight.data = convolution.weight.data[:, torch.randperm(convolution.weight.shape[1])]
    shuffled.append(member)


def now():
    if device.type == 'cuda':
        torch.cuda.synchronize()
    return time.perf_counter()


def generator_step(codes, vaccine):
    images = generator(codes)
    teacher_logits = teacher(images)[0]
    loss = -divergence(student(images)[0], teacher_logits)
    if vaccine:
        logits = sum(member(images)[0] for member in shuffled) / 3
        mask = (logits.argmax(1) == teacher_logits.argmax(1)).float()
        kl = F.kl_div(F.log_softmax(logits, 1), F.softmax(teacher_logits, 1), reduction='none').mean(1)
        loss = loss - .1 * (kl * mask).sum() / mask.sum().clamp(min=1)
    generator_optimizer.zero_grad()
    loss.backward()
    clip(generator.parameters(), 5)
    generator_optimizer.step()


def student_step(images, teacher_logits, teacher_activations):
    logits, *activations = student(images)
    loss = divergence(logits, teacher_logits) + 250 * sum((attention(a) - attention(b)).pow(2).mean() for a, b in zip(activations, teacher_activations))
    student_optimizer.zero_grad()
    loss.backward()
    clip(student.parameters(), 5)
    student_optimizer.step()


def pseudo_batch(vaccine):
    start = now()
    codes = torch.randn(batch, 100).to(device)
    generator_step(codes, vaccine)
    after_generator = now()
    with torch.no_grad():
        images = generator(codes)
        logits, *activations = teacher(images)
    after_sample = now()
    for _ in range(10):
        student_step(images, logits, activations)
    end = now()
    return dict(total=end - start, generator=after_generator - start, sample=after_sample - after_generator, student=(end - after_sample) / 10)


trained = WideResNet(16, 10, 2).train().to(device)
trained_optimizer = torch.optim.SGD(trained.parameters(), .1, .9, weight_decay=5e-4)
training_images, training_labels = torch.randn(batch, 3, 32, 32).to(device), torch.randint(0, 10, (batch,)).to(device)


def teacher_step():
    loss = F.cross_entropy(trained(training_images)[0], training_labels)
    trained_optimizer.zero_grad()
    loss.backward()
    trained_optimizer.step()


def teacher_steps():
    """Four steps in a row, after one that is not timed: training does them so."""
    teacher_step()
    start = now()
    for _ in range(4):
        teacher_step()
    return dict(total=(now() - start) / 4)


def evaluation():
    start = now()
    with torch.no_grad():
        for _ in range(20):
            teacher(torch.randn(100, 3, 32, 32).to(device))
    return dict(total=now() - start)


def memory():
    status = dict(line.split(':', 1) for line in open('/proc/self/status'))
    read = lambda name: int(status[name].split()[0]) / 1024
    return dict(peak=read('VmHWM'), anonymous=read('RssAnon'), files=read('RssFile'))


phases = dict(pseudoBatch=lambda: pseudo_batch(False), pseudoBatchVaccine=lambda: pseudo_batch(True), teacher=teacher_steps, evaluation=evaluation, memory=memory)
print(json.dumps(dict(ready=time.process_time(), versions=dict(torch=torch.__version__, python=sys.version.split()[0]))), flush=True)
for line in sys.stdin:
    print(json.dumps(phases[line.strip()]()), flush=True)
