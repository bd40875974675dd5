#!/usr/bin/env python3
"""The authors' CMI synthesizer and their distillation from one image as published, as a benchmark subject.

    python inversion_worker.py PATH_TO_ABD '{"threads": 2, "batch": 128, "synthesisSteps": 3, "bank": 4096, "negatives": 1024}'

Reads one phase per line from stdin and answers with one JSON line of seconds. `synthesis` is one CMISynthesizer.synthesize() with a memory bank that is
full, `ood` one batch through vanilla_kd_ood.train_kd (its patches lie ready: reading them is not timed). Randomly initialised networks, WRN-16-2 → WRN-16-1.
Needs torch, torchvision, kornia and numpy; other modules the checkout imports and does not need here are stubbed."""
import importlib, importlib.machinery, json, os, sys, tempfile, time, types

checkout, options = os.path.abspath(sys.argv[1]), json.loads(sys.argv[2])
answers = os.fdopen(os.dup(1), 'w')
os.dup2(2, 1)  # what the checkout prints is not an answer
os.chdir(tempfile.mkdtemp())
import kornia, numpy, torch, torch._dynamo, torchvision  # noqa: E401,E402,F401

torch.set_num_threads(options['threads'])
torch.manual_seed(0)


class Stub(types.ModuleType):
    """A module in which every name is an empty class."""
    def __getattr__(self, name):
        if name.startswith('__'):
            raise AttributeError(name)
        return type(name, (), {})


class Pool:
    """Keeps no images: writing and reading PNG files is not what is compared."""
    def __init__(self, root): pass
    def add(self, images): pass
    def get_dataset(self, transform=None): return [0]


class Bar:
    def __init__(self, **settings): pass
    def __enter__(self): return self
    def __exit__(self, *error): pass
    def set_postfix(self, **values): pass
    def update(self): pass


def stub(name, **names):
    module = Stub(name)
    module.__dict__.update(names)
    module.__spec__ = importlib.machinery.ModuleSpec(name, None)
    sys.modules[name] = module
    return module


def package(name, path):
    stub(name).__path__ = [path]


root = os.path.join(checkout, 'cmi')
sys.path.insert(0, root)
for name in ('wandb', 'registry', 'utils', 'utils.config', 'utils.utils', 'datafree.unlearn', 'datafree.synthesis.syn_vaccine'):
    stub(name)
stub('tqdm', tqdm=lambda iterable, **settings: iterable)
package('datafree', root + '/datafree')
stub('datafree.utils', ImagePool=Pool, DataIter=lambda loader: loader)
package('datafree.synthesis', root + '/datafree/synthesis')
importlib.import_module('datafree.criterions')
contrastive = importlib.import_module('datafree.synthesis.contrastive')
package('datafree.models', root + '/datafree/models')
package('datafree.models.classifiers', root + '/datafree/models/classifiers')
WideResNet = importlib.import_module('datafree.models.classifiers.wresnet').WideResNet
Generator = importlib.import_module('datafree.models.generator').Generator
published = importlib.import_module('vanilla_kd_ood')


class Average:
    def update(self, amount): pass
    def avg(self): return 0.0


published.tqdm, published.AggregateScalar = Bar, Average
contrastive.ImagePool = Pool
batch, classes = options['batch'], 10
normalize = torchvision.transforms.Normalize((0.4914, 0.4822, 0.4465), (0.2023, 0.1994, 0.2010))
teacher, student = WideResNet(16, classes, 2), WideResNet(16, classes, 1)
# A teacher of its own: the synthesizer hangs its hooks on the other one.
labeller, learner = WideResNet(16, classes, 2), WideResNet(16, classes, 1)
synthesizer = contrastive.CMISynthesizer(
    teacher, student, Generator(nz=256, ngf=64, img_size=32, nc=3), nz=256, num_classes=classes, img_size=(3, 32, 32), bank_size=options['bank'],
    n_neg=options['negatives'], head_dim=256, iterations=options['synthesisSteps'], lr_g=1e-3, synthesis_batch_size=batch, sample_batch_size=batch,
    adv=0.5, bn=1, oh=1, cr=0.8, cr_T=0.1, normalizer=normalize)
synthesizer.mem_bank.n_updates = options['bank'] + 1
# The loader over the pool starts processes of its own; the call is over before it.
torch.utils.data.DataLoader = lambda *values, **settings: None
optimizer = torch.optim.Adam(learner.parameters(), 1e-3)
patches = [(torch.randn(batch, 3, 32, 32), torch.zeros(batch))]
mixing = types.SimpleNamespace(beta=0.25, cutmix_prob=1)
if not hasattr(numpy, 'int'):
    numpy.int = int  # what vanilla_kd_ood.rand_bbox was written for


def timed(work):
    start = time.perf_counter()
    work()
    return dict(total=time.perf_counter() - start)


phases = dict(
    synthesis=lambda: timed(synthesizer.synthesize),
    ood=lambda: timed(lambda: published.train_kd(mixing, learner, labeller, optimizer, published.KDLoss(8.0), patches, 'cpu')),
)
print(json.dumps(dict(ready=time.process_time(), versions=dict(torch=torch.__version__, kornia=kornia.__version__))), file=answers, flush=True)
for line in sys.stdin:
    print(json.dumps(phases[line.strip()]()), file=answers, flush=True)
