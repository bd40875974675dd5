"""The authors' ZSKT program in this process, for what runs it here: as it is, but for modules that it imports and does not need here."""
import importlib
import importlib.machinery
import os
import sys
import tempfile
import types

# They write to Weights & Biases, or read data that is given in another way.
never_wanted = ('wandb', 'datasets')
stubbed_where_missing = ('sklearn', 'sklearn.metrics', 'matplotlib', 'matplotlib.pyplot')


class Stub(types.ModuleType):
    """A module in which every name is a function that does nothing."""

    def __getattr__(self, name):
        if name.startswith('__'):
            raise AttributeError(name)
        return lambda *positional, **named: None


def is_there(name):
    try:
        importlib.import_module(name)
        return True
    except ImportError:
        return False


def enter(folder, threads):
    """Makes `solver`, `models` and `utils` of the checkout (or of its zskt) importable, in an empty folder that is home.

    Gives that folder and the standard output for answers: what the program prints goes to the standard error.
    """
    folder = os.path.abspath(folder)
    os.environ['HOME'] = home = tempfile.mkdtemp()
    os.chdir(home)
    answers = os.fdopen(os.dup(1), 'w')
    os.dup2(2, 1)
    import torch
    torch.set_num_threads(threads)
    for name in never_wanted + stubbed_where_missing:
        if name in never_wanted or not is_there(name):
            sys.modules[name] = Stub(name)
            # torch looks for the specification of every module it finds loaded.
            sys.modules[name].__spec__ = importlib.machinery.ModuleSpec(name, None)
    sys.path.insert(0, folder if os.path.exists(os.path.join(folder, 'solver.py')) else os.path.join(folder, 'zskt'))
    return home, answers
