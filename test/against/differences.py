"""How far the two programs, and runs with and without the vaccine, are apart at the end: PYTHON differences.py against-reference.json

Points of a rate with the 95 % interval. Programs: Welch's t, since runs of one seed go ways of their own soon after the start. The
vaccine: paired by program and seed. Asks for SciPy.
"""
import json
import sys
from scipy import stats

with open(sys.argv[1]) as file:
    curves = json.load(file)['curves']


def ends(measure, program, *defenses):
    own = [curve for curve in curves if curve['program'] == program and curve['defense'] in defenses]
    return [100 * curve['points'][-1][measure] for curve in sorted(own, key=lambda curve: (curve['defense'], curve['seed']))]


def told(test, middle, n):
    low, high = test.confidence_interval(.95)
    return f'{middle:+.1f} [{low:.1f}, {high:.1f}], n = {n}'


def mean(values):
    return sum(values) / len(values)


for measure in ('accuracy', 'asr'):
    for defenses in (('none',), ('sv-3',), ('none', 'sv-3')):
        ours, theirs = ends(measure, 'ours', *defenses), ends(measure, 'theirs', *defenses)
        welch = stats.ttest_ind(ours, theirs, equal_var=False)
        print(measure, 'ours - theirs,', ' and '.join(defenses) + ':', told(welch, mean(ours) - mean(theirs), len(ours)))
    without, vaccinated = ([rate for program in ('ours', 'theirs') for rate in ends(measure, program, defense)] for defense in ('none', 'sv-3'))
    each = ', '.join(f'{after - before:+.0f}' for before, after in zip(without, vaccinated))
    paired = stats.ttest_rel(vaccinated, without)
    print(measure, 'sv-3 - none:', told(paired, mean(vaccinated) - mean(without), len(without)), f'({each})')
