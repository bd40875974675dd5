#!/usr/bin/env python3
"""The same ZSKT mathematics with the authors' networks as a careful PyTorch user would write it, as a benchmark subject.

    python tuned_worker.py PATH_TO_ABD '{"threads": 2, "batch": 128, "device": "cpu", "variant": {"layout": "channels_last", "compile": "default"}}'

Reads one phase per line from stdin and answers with one JSON line of seconds, under `cpu` those of the process's CPU time. Synthetic batch and
teacher outputs are computed once per pseudo batch, nothing is back-propagated that is thrown away, optimizers are fused ones. `variant`:
`layout` contiguous or channels_last, `compile` null or a mode of torch.compile, `autocast` true for bfloat16, `tf32` true for TF32 on a GPU.
Needs torch only; a compiled variant a C++ compiler (CPU) or triton (GPU)."""
import contextlib, copy, json, os, sys, time, warnings

checkout, options = sys.argv[1], json.loads(sys.argv[2])
answers = os.fdopen(os.dup(1), 'w')
os.dup2(2, 1)  # what PyTorch prints is not an answer
import torch  # noqa: E402
import torch.nn.functional as F  # noqa: E402

warnings.filterwarnings('ignore')
torch.set_num_threads(options['threads'])
torch.manual_seed(0)
variant = dict(layout='contiguous', compile=None, autocast=False, tf32=False) | options.get('variant', {})
device = torch.device('cuda' if options.get('device') == 'gpu' else 'cpu')
if device.type == 'cuda':
    torch.backends.cudnn.benchmark = True
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = variant['tf32']
sys.path.insert(0, checkout if os.path.exists(os.path.join(checkout, 'solver.py')) else os.path.join(checkout, 'zskt'))
from models.generator import Generator  # noqa: E402
from models.wresnet import WideResNet  # noqa: E402

batch, codes_length, classes = options['batch'], 100, 10
# Those of the training steps: a compiled function is compiled for one size.
checked_batch = batch
evaluation_images, evaluation_batch = 2000, 1000 if options.get('device') == 'gpu' else 100
layout = torch.channels_last if variant['layout'] == 'channels_last' else torch.contiguous_format
place = lambda module: module.to(device, memory_format=layout)
images_in_layout = lambda images: images.to(device).contiguous(memory_format=layout)
autocast = (lambda: torch.autocast(device.type, torch.bfloat16)) if variant['autocast'] else contextlib.nullcontext
if variant['compile'] is None:
    compiled = compiled_frozen = lambda work: work
else:
    compiled = lambda work: torch.compile(work, mode=variant['compile'], dynamic=False)
    # On the CPU a network that is only asked is compiled with its weights as constants: norms fold into filters, which are laid out once.
    compiled_frozen = (lambda work: torch.compile(work, options={'freezing': True}, dynamic=False)) if device.type == 'cpu' else compiled

teacher = place(WideResNet(16, classes, 2).eval())
student = place(WideResNet(16, classes, 1).train())
generator = place(Generator(codes_length).train())
for parameter in teacher.parameters():
    parameter.requires_grad_(False)
student_optimizer = torch.optim.Adam(student.parameters(), 2e-3, fused=True)
generator_optimizer = torch.optim.Adam(generator.parameters(), 1e-3, fused=True)
clip = lambda parameters: torch.nn.utils.clip_grad_norm_(parameters, 5, foreach=True)
attention = lambda x: F.normalize(x.pow(2).mean(1).flatten(1))
divergence = lambda s, t: F.kl_div(F.log_softmax(s.float(), 1), F.softmax(t.float(), 1), reduction='mean')
shuffled = []
for _ in range(3):
    member = copy.deepcopy(teacher)
    for convolution in [module for module in member.modules() if isinstance(module, torch.nn.Conv2d)][-5:]:
        convolution.weight.data = convolution.weight.data[:, torch.randperm(convolution.weight.shape[1])].contiguous(memory_format=layout)
    shuffled.append(member)


def now():
    if device.type == 'cuda':
        torch.cuda.synchronize()
    return time.perf_counter(), time.process_time()


def between(start, end, count=1):
    """Seconds on the clock and of CPU."""
    return tuple((after - before) / count for before, after in zip(start, end))


def answer_of(**parts):
    return {**{name: clock for name, (clock, _) in parts.items()}, 'cpu': {name: cpu for name, (_, cpu) in parts.items()}}


def generate(codes):
    # The generator's first layer has no layout: what it gives is put into that of the convolutions.
    seeds = generator.layers[1](generator.layers[0](codes)).contiguous(memory_format=layout)
    return generator.layers[2:](seeds)


def vaccine_loss(images, teacher_logits):
    logits = sum(member(images)[0].float() for member in shuffled) / 3
    teacher_logits = teacher_logits.float()
    mask = (logits.argmax(1) == teacher_logits.argmax(1)).float()
    kl = F.kl_div(F.log_softmax(logits, 1), F.softmax(teacher_logits, 1), reduction='none').mean(1)
    return -.1 * (kl * mask).sum() / mask.sum().clamp(min=1)


def plain_generator_loss(codes):
    with autocast():
        images = generate(codes)
        return -divergence(student(images)[0], teacher(images)[0])


def vaccinated_generator_loss(codes):
    with autocast():
        images = generate(codes)
        teacher_logits = teacher(images)[0]
        return -divergence(student(images)[0], teacher_logits) + vaccine_loss(images, teacher_logits)


def student_loss(images, teacher_logits, teacher_activations):
    with autocast():
        logits, *activations = student(images)
        apart = sum((attention(a) - b).pow(2).mean() for a, b in zip(activations, teacher_activations))
        return divergence(logits, teacher_logits) + 250 * apart


def sample(codes):
    """The synthetic batch, the teacher's logits and what of its activations the student's loss needs."""
    with autocast():
        images = generate(codes)
        logits, *activations = teacher(images)
        return images, logits, [attention(activation) for activation in activations]


generator_losses = {vaccinated: compiled(loss) for vaccinated, loss in ((False, plain_generator_loss), (True, vaccinated_generator_loss))}
student_loss, sample = compiled(student_loss), compiled(sample)


def generator_step(codes, vaccinated):
    # No gradients of the student's filters, which nobody would use.
    student.requires_grad_(False)
    loss = generator_losses[vaccinated](codes)
    student.requires_grad_(True)
    generator_optimizer.zero_grad(set_to_none=True)
    loss.backward()
    clip(generator.parameters())
    generator_optimizer.step()
    return loss


def student_step(images, teacher_logits, teacher_attention):
    loss = student_loss(images, teacher_logits, teacher_attention)
    student_optimizer.zero_grad(set_to_none=True)
    loss.backward()
    clip(student.parameters())
    student_optimizer.step()
    return loss


def sampled(codes):
    with torch.no_grad():
        images, logits, maps = sample(codes)
    # What a graph of CUDA calls gives is overwritten by its next call.
    keep = torch.clone if variant['compile'] in ('reduce-overhead', 'max-autotune') else lambda tensor: tensor
    return keep(images), keep(logits), [keep(one) for one in maps]


def pseudo_batch(vaccinated):
    start = now()
    codes = torch.randn(batch, codes_length, device=device)
    generator_step(codes, vaccinated)
    after_generator = now()
    made = sampled(codes)
    after_sample = now()
    for _ in range(10):
        student_step(*made)
    end = now()
    return answer_of(total=between(start, end), generator=between(start, after_generator), sample=between(after_generator, after_sample),
                     student=between(after_sample, end, 10))


trained = place(WideResNet(16, classes, 2).train())
trained_optimizer = torch.optim.SGD(trained.parameters(), .1, .9, weight_decay=5e-4, fused=True)
training_images = images_in_layout(torch.randn(batch, 3, 32, 32))
training_labels = torch.arange(batch, device=device) % classes


@compiled
def teacher_loss(images, labels):
    with autocast():
        return F.cross_entropy(trained(images)[0].float(), labels)


def teacher_step():
    loss = teacher_loss(training_images, training_labels)
    trained_optimizer.zero_grad(set_to_none=True)
    loss.backward()
    trained_optimizer.step()
    return loss


def teacher_steps():
    """Four steps in a row, after one that is not timed: training does them so."""
    teacher_step()
    start = now()
    for _ in range(4):
        teacher_step()
    return answer_of(total=between(start, now(), 4))


pixels = torch.randint(0, 256, (evaluation_images, 3, 32, 32), dtype=torch.uint8)
mean, deviation = (torch.tensor(values, device=device).view(1, 3, 1, 1) for values in ((.4914, .4822, .4465), (.2023, .1994, .2010)))


@compiled_frozen
def predict(images):
    with autocast():
        return teacher((images / 255 - mean) / deviation)[0].argmax(1)


def evaluation():
    start = now()
    with torch.inference_mode():
        torch.cat([predict(images_in_layout(images)).clone() for images in pixels.split(evaluation_batch)]).cpu()
    return answer_of(total=between(start, now()))


def write_tensors(path, tensors):
    """A safetensors file of float32 tensors."""
    entries, parts, place = {}, [], 0
    for name, tensor in tensors.items():
        data = tensor.detach().float().cpu().contiguous().numpy().tobytes()
        entries[name] = dict(dtype='F32', shape=list(tensor.shape), data_offsets=[place, place + len(data)])
        parts.append(data)
        place += len(data)
    header = json.dumps(entries).encode()
    with open(path, 'wb') as file:
        file.write(len(header).to_bytes(8, 'little') + header + b''.join(parts))


def state_of(network):
    return {name: tensor for name, tensor in network.state_dict().items() if not name.endswith('num_batches_tracked')}


def numbers(folder):
    """Losses and norms of gradients before any update, on weights and inputs that all variants share; written there for ours."""
    draw = torch.Generator().manual_seed(7)
    codes, images = torch.randn(checked_batch, codes_length, generator=draw), torch.randn(checked_batch, 3, 32, 32, generator=draw)
    written = os.path.join(folder, 'inputs.safetensors')
    if not os.path.exists(written):
        for name, network in dict(teacher=teacher, student=student, generator=generator, trained=trained).items():
            write_tensors(os.path.join(folder, name + '.safetensors'), state_of(network))
        write_tensors(written, dict(codes=codes, images=images.permute(0, 2, 3, 1)))
    made = sampled(codes.to(device))
    found = {}
    student.requires_grad_(False)
    found.update(measured('generator', generator_losses[False](codes.to(device)), generator))
    student.requires_grad_(True)
    found.update(measured('student', student_loss(*made), student))
    found['teacherLoss'] = teacher_loss(images_in_layout(images), training_labels[:checked_batch]).item()
    return found


def measured(name, loss, network):
    network.zero_grad(set_to_none=True)
    loss.backward()
    gradient = clip(network.parameters()).item()
    network.zero_grad(set_to_none=True)
    return {name + 'Loss': loss.item(), name + 'Gradient': gradient}


peak_sizes = options['peak']


@torch.no_grad()
def peak():
    """Seconds of a matrix product and of a 3x3 convolution in this variant's number format, with nothing around them."""
    chain, side, images, channels = (peak_sizes[name] for name in ('chain', 'side', 'images', 'channels'))
    number = torch.bfloat16 if variant['autocast'] else torch.float32
    draw = lambda shape, deviation: (torch.randn(shape, device=device) * deviation).to(number)
    x, factor = draw((side, side), 1), draw((side, side), side ** -.5)
    y = draw((images, channels, 32, 32), 1).contiguous(memory_format=layout)
    filters = draw((channels, channels, 3, 3), (9 * channels) ** -.5).contiguous(memory_format=layout)
    start = now()
    for _ in range(chain):
        x = x @ factor
    after_product = now()
    for _ in range(chain):
        y = F.conv2d(y, filters, padding=1)
    product, convolution = between(start, after_product, chain), between(after_product, now(), chain)
    return answer_of(total=product, product=product, convolution=convolution)


def memory():
    status = dict(line.split(':', 1) for line in open('/proc/self/status'))
    read = lambda name: int(status[name].split()[0]) / 1024
    return dict(peak=read('VmHWM'), anonymous=read('RssAnon'), files=read('RssFile'))


def answer(value):
    print(json.dumps(value), file=answers, flush=True)


phases = dict(pseudoBatch=lambda: pseudo_batch(False), pseudoBatchVaccine=lambda: pseudo_batch(True), teacher=teacher_steps, evaluation=evaluation, peak=peak,
              numbers=numbers, memory=memory)
answer(dict(ready=time.process_time(), versions=dict(torch=torch.__version__, python=sys.version.split()[0])))
for line in sys.stdin:
    phase, *parameters = line.strip().split(' ', 1)
    answer(phases[phase](*parameters))
