"""Writes the values that tests/stats.rs holds evalrun::stats against.

    python3 -m venv /tmp/venv && /tmp/venv/bin/pip install scipy==1.17.1 statsmodels==0.15.0
    /tmp/venv/bin/python tests/golden/stats/make.py

The first line of every file names the call that each value comes from. What neither package has (studentised bootstrap, randomised
Tukey HSD, hedged capital) is computed here a second time, by another way than in the library: exact fractions and
all rearrangements instead of a sample, a grid of means instead of bisection. Takes one or two minutes.
"""

import json
import math
import pathlib
from fractions import Fraction
from itertools import permutations, product

import numpy as np
import scipy
import statsmodels
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.power import TTestPower
from statsmodels.stats.weightstats import ttost_paired

FOLDER = pathlib.Path(__file__).parent
MADE_WITH = f"scipy {scipy.__version__}, statsmodels {statsmodels.__version__}, numpy {np.__version__}"

# Three systems over 20 topics, the example of Sakai, Laboratory Experiments in Information Retrieval (2018).
SAKAI = {
    "X": [0.7, 0.3, 0.2, 0.6, 0.4, 0.4, 0.0, 0.7, 0.1, 0.3, 0.5, 0.4, 0.0, 0.6, 0.5, 0.3, 0.1, 0.5, 0.2, 0.1],
    "Y": [0.5, 0.1, 0.0, 0.2, 0.4, 0.3, 0.0, 0.5, 0.3, 0.3, 0.4, 0.4, 0.1, 0.4, 0.2, 0.1, 0.1, 0.6, 0.3, 0.2],
    "Z": [0.0, 0.0, 0.2, 0.1, 0.3, 0.3, 0.1, 0.2, 0.4, 0.4, 0.4, 0.3, 0.3, 0.2, 0.2, 0.2, 0.1, 0.5, 0.4, 0.3],
}


def write(name, comment, cases):
    """A case per line, so that a change shows as the lines that changed."""
    head = {"comment": comment, "made_with": MADE_WITH}
    lines = [json.dumps(value, ensure_ascii=False, allow_nan=False) for value in [head, *cases]]
    (FOLDER / f"{name}.jsonl").write_text("\n".join(lines) + "\n")


def samples():
    """Differences of several shapes, all multiples of 1/1000 within −1 … 1."""
    rng = np.random.default_rng(20261125)
    shapes = {
        "sakai X − Y": np.subtract(SAKAI["X"], SAKAI["Y"]),
        "normal, 25": rng.normal(0.03, 0.2, 25),
        "normal, 300": rng.normal(0.01, 0.1, 300),
        "skewed, 60": rng.exponential(0.2, 60) - 0.15,
        "mostly ties, 200": np.where(rng.random(200) < 0.8, 0, rng.normal(0.1, 0.3, 200)),
        "no effect, 1000": rng.normal(0.0005, 0.15, 1000),
    }
    return {name: [round(float(d), 3) + 0.0 for d in np.clip(values, -1, 1)] for name, values in shapes.items()}


def paired_t(samples):
    cases = []
    for name, d in samples.items():
        test = stats.ttest_1samp(d, 0)
        interval = test.confidence_interval(0.95)
        zero = np.zeros(len(d))
        margin = 0.02
        tost_p, _, _ = ttost_paired(np.array(d), zero, -margin, margin)
        not_worse = stats.ttest_1samp(d, -margin, alternative="greater")
        ninety = test.confidence_interval(0.90)
        cases.append({
            "sample": name, "t": test.statistic, "p": test.pvalue,
            "d_z": float(np.mean(d) / np.std(d, ddof=1)), "low": interval.low, "high": interval.high,
            "margin": margin, "tost_p": tost_p, "non_inferiority_p": not_worse.pvalue,
            "low_90": ninety.low, "high_90": ninety.high,
        })
    write("paired_t", "ttest_1samp(d, 0) and its confidence_interval(.95 and .90); ttost_paired(d, 0, -m, m)[0]; "
          "ttest_1samp(d, -m, alternative='greater')", cases)


def student():
    cases = []
    for df in [1, 2, 5, 19, 100, 6979]:
        for t in [0.01, 0.5, 1.0, 2.11576, 5.0, 12.0, 30.0]:
            cases.append({"df": df, "t": t, "two_sided": 2 * stats.t.sf(t, df)})
    return cases


def proportion():
    cases = []
    for n in [1, 10, 24, 300, 6980]:
        for k in sorted({0, 1, n // 3, n // 2, n - 1, n}):
            for level in [0.9, 0.95, 0.99]:
                test = stats.binomtest(k, n)
                exact, wilson = (test.proportion_ci(level, m) for m in ("exact", "wilson"))
                cases.append({"k": k, "n": n, "level": level, "exact": [exact.low, exact.high],
                              "wilson": [wilson.low, wilson.high]})
    write("proportion", "binomtest(k, n).proportion_ci(level, 'exact' | 'wilson')", cases)


def holm():
    rng = np.random.default_rng(1)
    families = [[0.04], [0.01, 0.03, 0.03, 0.005], [0.5, 0.5, 0.9], list(rng.random(20) ** 3), list(rng.random(6) / 100)]
    cases = [{"p": [float(p) for p in f], "adjusted": list(multipletests(f, method="holm")[1])} for f in families]
    write("holm", "multipletests(p, method='holm')[1]", cases)


def power():
    cases = []
    for n in [5, 10, 24, 50, 300, 1000, 6980]:
        for alpha in [0.05, 0.01]:
            for wanted in [0.8, 0.9]:
                d = TTestPower().solve_power(nobs=n, alpha=alpha, power=wanted)
                small = float(TTestPower().power(0.05, n, alpha))
                cases.append({"n": n, "alpha": alpha, "power": wanted, "effect": float(d), "power_of_0.05": small})
    write("power", "TTestPower().solve_power(nobs=n, alpha=alpha, power=power); TTestPower().power(0.05, n, alpha)", cases)


def needed():
    cases = []
    for d in [0.05, 0.1, 0.2, 0.5, 1.0]:
        for wanted in [0.8, 0.95]:
            n = TTestPower().solve_power(effect_size=d, alpha=0.05, power=wanted)
            cases.append({"effect": d, "alpha": 0.05, "power": wanted, "n": math.ceil(float(n))})
    write("queries_needed", "ceil(TTestPower().solve_power(effect_size=effect, alpha=alpha, power=power))", cases)


def studentised(d, rng, resamples=400_000):
    d, n = np.array(d), len(d)
    t = []
    for _ in range(resamples // 10_000):
        drawn = d[rng.integers(0, n, (10_000, n))]
        t.append((drawn.mean(1) - d.mean()) / (drawn.std(1, ddof=1) / math.sqrt(n)))
    low, high = np.quantile(np.concatenate(t), [0.025, 0.975])
    error = d.std(ddof=1) / math.sqrt(n)
    return [float(d.mean() - high * error), float(d.mean() - low * error)]


def bootstrap(samples):
    cases = []
    for name in ["sakai X − Y", "normal, 25", "skewed, 60", "mostly ties, 200", "normal, 300"]:
        d = samples[name]
        interval = stats.bootstrap((d,), np.mean, n_resamples=400_000, batch=10_000, method="BCa",
                                   rng=np.random.default_rng(1)).confidence_interval
        cases.append({"sample": name, "bca": [interval.low, interval.high],
                      "studentised": studentised(d, np.random.default_rng(2))})
    write("bootstrap", "bootstrap((d,), np.mean, n_resamples=400_000, method='BCa', rng=np.random.default_rng(1)); "
          "studentised: E&T 1993, eq. 12.22, 400,000 resamples, by numpy", cases)


def exact_sign_flip(d):
    """Over all 2^m arrangements, by the distribution of the sum: exact fractions, no float and no tolerance."""
    counts = {Fraction(0): 1}
    for value in map(Fraction, map(str, d)):
        after = {}
        for total, count in counts.items():
            for signed in (total + value, total - value):
                after[signed] = after.get(signed, 0) + count
        counts = after
    seen = abs(sum(map(Fraction, map(str, d))))
    return float(Fraction(sum(c for total, c in counts.items() if abs(total) >= seen), 2 ** len(d)))


def sign_flip(samples):
    rng = np.random.default_rng(3)
    tenths = {f"tenths, {n}": [round(float(x), 1) + 0.0 for x in rng.normal(0.1, 0.25, n)] for n in (8, 15, 24, 30)}
    pairs = {"sakai X − Y": samples["sakai X − Y"], **tenths}
    cases = [{"name": name, "differences": d, "p": exact_sign_flip(d)} for name, d in pairs.items()]
    # Values of −1, 0 and 1: the sign-flip test is the exact test of McNemar, a binomial one.
    for wins, losses in [(9, 2), (5, 5), (12, 3), (20, 9)]:
        d = [1.0] * wins + [-1.0] * losses + [0.0] * 10
        cases.append({"name": f"0/1 measure, {wins} against {losses}", "differences": d,
                      "p": stats.binomtest(wins, wins + losses).pvalue})
    write("sign_flip", "all arrangements in exact fractions; 0/1 measures: binomtest(wins, wins + losses).pvalue", cases)


def large_sign_flip(samples):
    d = samples["normal, 300"]
    test = stats.permutation_test((np.array(d),), np.mean, permutation_type="samples", n_resamples=200_000,
                                  rng=np.random.default_rng(4), batch=10_000, vectorized=True)
    write("sign_flip_drawn", "permutation_test((d,), np.mean, permutation_type='samples', n_resamples=200_000)",
          [{"sample": "normal, 300", "p": float(test.pvalue)}])


def tukey():
    """All orders within all of few queries; then a large sample for Sakai's three systems."""
    columns = [[0.7, 0.3, 0.2, 0.6, 0.9, 0.4], [0.5, 0.1, 0.0, 0.2, 0.4, 0.4], [0.1, 0.3, 0.2, 0.1, 0.3, 0.2]]
    rows = [[Fraction(str(column[i])) for column in columns] for i in range(len(columns[0]))]
    ranges = []
    for orders in product(*(list(permutations(row)) for row in rows)):
        sums = [sum(column) for column in zip(*orders)]
        ranges.append(max(sums) - min(sums))
    sums = [sum(column) for column in zip(*rows)]
    exact = [sum(r >= abs(sums[a] - sums[b]) for r in ranges) / len(ranges) for a, b in [(0, 1), (0, 2), (1, 2)]]

    rng = np.random.default_rng(5)
    tenths = np.array([[round(10 * v) for v in column] for column in SAKAI.values()]).T
    drawn = np.concatenate([np.ptp(rng.permuted(np.tile(tenths, (20_000, 1, 1)), axis=2).sum(1), axis=1)
                            for _ in range(20)])
    sums = tenths.sum(0)
    sampled = [float(np.mean(drawn >= abs(sums[a] - sums[b]))) for a, b in [(0, 1), (0, 2), (1, 2)]]
    write("tukey", "p of the pairs (0, 1), (0, 2), (1, 2): all orders in exact fractions; 400,000 orders of tenths",
          [{"name": "six queries, all orders", "columns": columns, "p": exact},
           {"name": "sakai X, Y, Z", "columns": list(SAKAI.values()), "p": sampled}])


def strata():
    rng = np.random.default_rng(6)
    labels = [int(label) for label in rng.integers(0, 3, 90)]
    cases = []
    for shift in [0.0, 0.06, 0.2]:
        d = [round(float(rng.normal(shift * label, 0.2)), 3) + 0.0 for label in labels]
        groups = [[x for x, label in zip(d, labels) if label == g] for g in range(3)]
        f = stats.f_oneway(*groups).statistic
        test = stats.permutation_test(groups, lambda *g: stats.f_oneway(*g).statistic, permutation_type="independent",
                                      n_resamples=9_999, alternative="greater", rng=np.random.default_rng(7),
                                      vectorized=False)
        cases.append({"differences": d, "labels": labels, "f": float(f), "p": float(test.pvalue)})
    write("strata", "f_oneway(*groups); permutation_test(groups, f, alternative='greater', n_resamples=9_999)", cases)


def hedged(d, alpha):
    """Bounds after the last value on a grid of 20,001 means (Waudby-Smith and Ramdas 2024, theorem 3)."""
    x, grid = (np.array(d) + 1) / 2, np.linspace(0, 1, 20_001)[1:-1]
    t = np.arange(1, len(x) + 1)
    mean = (0.5 + np.cumsum(x)) / (t + 1)
    variance = (0.25 + np.cumsum((x - mean) ** 2)) / (t + 1)
    before = np.concatenate([[0.25], variance[:-1]])
    bets = np.sqrt(2 * np.log(2 / alpha) / (before * t * np.log(1 + t)))
    up, down = np.zeros(len(grid)), np.zeros(len(grid))
    for value, bet in zip(x, bets):
        up += np.log1p(np.minimum(bet, 0.5 / grid) * (value - grid))
        down += np.log1p(-np.minimum(bet, 0.5 / (1 - grid)) * (value - grid))
    kept = grid[np.maximum(up, down) + math.log(0.5) < math.log(1 / alpha)]
    return [float(2 * kept[0] - 1), float(2 * kept[-1] - 1)]


def sequence(samples):
    names = ["normal, 25", "normal, 300", "mostly ties, 200", "no effect, 1000"]
    cases = [{"sample": n, "level": level, "interval": hedged(samples[n], 1 - level)}
             for n in names for level in (0.95, 0.99)]
    write("sequence", "hedged capital on a grid of means with a step of 0.0001, by numpy", cases)


if __name__ == "__main__":
    sets = samples()
    write("sakai", "Sakai 2018: three systems, 20 topics", [SAKAI])
    write("samples", "differences of several shapes", [{"sample": n, "differences": d} for n, d in sets.items()])
    write("student", "2 * t.sf(t, df)", student())
    paired_t(sets)
    proportion()
    holm()
    power()
    needed()
    bootstrap(sets)
    sign_flip(sets)
    large_sign_flip(sets)
    tukey()
    strata()
    sequence(sets)
